//! What dumps cost those who are served meanwhile: a server with 10,000 idle tasks echoes while five dumps a second are
//! taken, and while none is, by turns. `cargo run -p collect --example dump_cost`, on a machine with nothing else to do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::{interval, sleep};

const IDLE_TASKS: usize = 10_000;
const CLIENTS: usize = 16;
const ROUNDS: usize = 20;
const WINDOW: Duration = Duration::from_secs(1);
const DUMP_EVERY: Duration = Duration::from_millis(200);

fn main() {
    let server = runtime(2);
    let (load, debug) = (runtime(1), runtime(1));
    let address = serve(&server);
    let connect = async || {
        let mut streams = Vec::with_capacity(CLIENTS);
        for _ in 0..CLIENTS {
            let stream = TcpStream::connect(address).await;
            let stream = stream.expect("the server listens");
            stream.set_nodelay(true).expect("a socket");
            streams.push(stream);
        }
        streams
    };
    // The first dump reads the program's debug information.
    debug.block_on(dumps(Instant::now()));
    // Twice without, to see how much windows differ that should not.
    let (mut without, mut again, mut with) = (Vec::new(), Vec::new(), Vec::new());
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        without.push(window(&load, load.block_on(connect())));
        let streams = load.block_on(connect());
        let dumping = debug.spawn(dumps(Instant::now() + WINDOW));
        with.push(window(&load, streams));
        took.extend(debug.block_on(dumping).expect("no panic"));
        again.push(window(&load, load.block_on(connect())));
    }
    for (arm, windows) in [
        ("without dumps", &without),
        ("five dumps a second", &with),
        ("without dumps again", &again),
    ] {
        println!(
            "{arm}: p50 {:.0} µs, p99 {:.0} µs, {} round trips (medians of {ROUNDS} windows)",
            median(windows.iter().map(|latencies| at(latencies, 50))),
            median(windows.iter().map(|latencies| at(latencies, 99))),
            median(windows.iter().map(|latencies| latencies.len() as f64)),
        );
    }
    let ratio = |arm: &[Vec<f64>]| {
        let pairs = without.iter().zip(arm);
        median(pairs.map(|(without, arm)| at(arm, 99) / at(without, 99)))
    };
    println!(
        "p99 over that without dumps, median of the rounds: {:.2} with, {:.2} without",
        ratio(&with),
        ratio(&again)
    );
    println!(
        "a dump of {IDLE_TASKS} tasks: median {:.1} ms, longest {:.1} ms of {}",
        median(took.iter().copied()),
        took.iter().copied().fold(0.0, f64::max),
        took.len()
    );
}

/// A server that echoes, with many tasks that wait for ever.
fn serve(server: &Runtime) -> SocketAddr {
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    server.spawn(sync::adopt("accept", accept(listener)));
    let never = Arc::new(Notify::new());
    for number in 0..IDLE_TASKS {
        let never = Arc::clone(&never);
        let idle = async move { never.notified().await };
        server.spawn(sync::adopt(&format!("idle {number}"), idle));
    }
    address
}

fn runtime(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn accept(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        sync::spawn("echo", echo(stream));
    }
}

async fn echo(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut buffer = [0; 64];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// Round trips of all clients in one window, in microseconds, sorted.
fn window(load: &Runtime, streams: Vec<TcpStream>) -> Vec<f64> {
    let clients: Vec<_> = streams
        .into_iter()
        .map(|stream| load.spawn(client(stream)))
        .collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.extend(load.block_on(client).expect("no panic"));
    }
    latencies.sort_unstable_by(f64::total_cmp);
    latencies
}

async fn client(mut stream: TcpStream) -> Vec<f64> {
    let mut latencies = Vec::new();
    let mut buffer = [0; 64];
    let until = Instant::now() + WINDOW;
    while Instant::now() < until {
        let began = Instant::now();
        stream.write_all(b"ping").await.expect("the server reads");
        stream
            .read_exact(&mut buffer[..4])
            .await
            .expect("the server answers");
        latencies.push(began.elapsed().as_secs_f64() * 1e6);
        sleep(Duration::from_millis(1)).await;
    }
    latencies
}

/// How long each dump took, in milliseconds; at least one.
async fn dumps(until: Instant) -> Vec<f64> {
    let mut took = Vec::new();
    let mut ticks = interval(DUMP_EVERY);
    loop {
        ticks.tick().await;
        let began = Instant::now();
        let dump = collect::tasks::dump(Duration::from_secs(1)).await;
        let dump = dump.expect("nothing else probes the tasks");
        assert!(dump.tasks().len() >= IDLE_TASKS && dump.stuck().next().is_none());
        took.push(began.elapsed().as_secs_f64() * 1e3);
        if Instant::now() + DUMP_EVERY > until {
            return took;
        }
    }
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted
        .get(sorted.len() * percent / 100)
        .copied()
        .unwrap_or(0.0)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
