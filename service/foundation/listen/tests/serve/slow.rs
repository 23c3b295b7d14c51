//! Clients that take their time, over real connections in a time that is not real: while everybody waits, it passes at once.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Full, StreamBody};
use hyper::body::{Frame, Incoming};
use listen::{Cut, Limits, Served, Traffic};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::client::Client;

const SECOND: Duration = Duration::from_secs(1);

struct Server {
    addr: SocketAddr,
    traffic: Traffic,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Served>,
}

/// A server that answers each request with so many kilobytes.
fn start(kilobytes: usize) -> Server {
    let listener =
        listen::bind("127.0.0.1:0".parse().expect("an address"), "--test").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
    let service = tower::service_fn(move |_: Request<Incoming>| async move {
        let piece = |_| Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b'x'; 1024])));
        let pieces = futures_util::stream::iter((0..kilobytes).map(piece));
        Ok::<_, Infallible>(Response::new(StreamBody::new(pieces)))
    });
    let traffic = Traffic::default();
    let limits = Limits {
        traffic: traffic.clone(),
        ..Limits::default()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let served = tokio::spawn(listen::serve(listener, service, limits, shutdown));
    Server {
        addr,
        traffic,
        stop,
        served,
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_trickles_in_ends_with_its_time() {
    let server = start(1);
    let mut client = Client::connect(server.addr).await;
    let started = Instant::now();
    client.write("GET / HTTP/1.1\r\nX: ").await;
    while client.try_write("x").await {
        sleep(SECOND).await;
    }
    let took = started.elapsed().as_secs();
    assert!((10..=12).contains(&took), "{took} s");
    assert_eq!(server.traffic.cut(Cut::Header), 1);
    assert_eq!(server.traffic.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_second_header_has_no_more_time_than_the_first() {
    let server = start(1);
    let mut client = Client::connect(server.addr).await;
    client.send("/").await;
    sleep(30 * SECOND).await;
    let started = Instant::now();
    client.write("GET").await;
    client.rest().await;
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!(server.traffic.cut(Cut::Header), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_ends_after_its_own_time() {
    let server = start(1);
    let started = Instant::now();
    let mut silent = Client::connect(server.addr).await;
    assert_eq!(silent.rest().await, "");
    assert_eq!(started.elapsed().as_secs(), 60);

    let mut idle = Client::connect(server.addr).await;
    for _ in 0..3 {
        sleep(50 * SECOND).await;
        idle.send("/").await;
    }
    let started = Instant::now();
    idle.rest().await;
    assert_eq!(started.elapsed().as_secs(), 60);
    assert_eq!(server.traffic.cut(Cut::Idle), 2);
}

#[tokio::test(start_paused = true)]
async fn a_header_that_is_too_large_is_refused() {
    let server = start(1);
    let mut client = Client::connect(server.addr).await;
    let large = "x".repeat(20 * 1024);
    let header = format!("GET / HTTP/1.1\r\nX: {large}\r\n\r\n");
    client.try_write(&header).await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

/// More than the buffers of the system hold.
const LARGE: usize = 64 * 1024;

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let server = start(LARGE);
    let mut client = Client::connect(server.addr).await;
    client.send("/").await;
    while server.traffic.cut(Cut::Reader) == 0 {
        sleep(SECOND).await;
    }
    assert_eq!(server.traffic.open(), 0);
    assert!(client.take(LARGE * 1024).await < LARGE * 1024);
}

#[tokio::test(start_paused = true)]
async fn reading_a_byte_now_and_then_is_no_reading() {
    let server = start(LARGE);
    let mut client = Client::connect(server.addr).await;
    client.send("/").await;
    while server.traffic.cut(Cut::Reader) == 0 {
        sleep(SECOND).await;
        client.take(1).await;
    }
    assert_eq!(server.traffic.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_slow_but_reads_gets_all_of_it() {
    let server = start(LARGE);
    let mut client = Client::connect(server.addr).await;
    client.send("/").await;
    let mut taken = 0;
    while taken < LARGE * 1024 {
        sleep(5 * SECOND).await;
        let more = client.take(1024 * 1024).await;
        assert_ne!(more, 0, "it ended after {taken} bytes");
        taken += more;
    }
    assert_eq!(server.traffic.cut(Cut::Reader), 0);
}

#[tokio::test(start_paused = true)]
async fn half_a_header_does_not_hold_up_the_end() {
    let server = start(1);
    let mut used = Client::connect(server.addr).await;
    used.get("/").await;
    let mut clients = [Client::connect(server.addr).await, used];
    for client in &mut clients {
        client.write("GET / HTTP/1.1\r\nHost: x\r\n").await;
    }
    // Let it arrive.
    sleep(SECOND).await;
    let started = Instant::now();
    server.stop.send(()).expect("it runs");
    let served = server.served.await.expect("no panic");
    assert_eq!(started.elapsed().as_millis() / 100, 5);
    assert_eq!(served.cut_off, 0);
    assert_eq!(server.traffic.cut(Cut::Header), 2);
}

#[tokio::test(start_paused = true)]
async fn a_header_that_is_complete_in_time_is_answered_even_then() {
    let server = start(1);
    let mut client = Client::connect(server.addr).await;
    client.write("GET / HTTP/1.1\r\nHost: x\r\n").await;
    sleep(SECOND).await;
    server.stop.send(()).expect("it runs");
    sleep(SECOND / 5).await;
    client.write("\r\n").await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(server.served.await.expect("no panic").cut_off, 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_on_its_way_is_finished_at_the_end_and_one_nobody_reads_is_cut_off() {
    let server = start(LARGE);
    let mut reads = Client::connect(server.addr).await;
    let mut asleep = Client::connect(server.addr).await;
    for client in [&mut reads, &mut asleep] {
        client.send("/").await;
        client.take(1024).await;
    }
    server.stop.send(()).expect("it runs");
    sleep(2 * SECOND).await;
    assert!(reads.take(LARGE * 1024).await >= LARGE * 1024 - 1024);
    let served = server.served.await.expect("no panic");
    let cut = served.cut_off as u64 + server.traffic.cut(Cut::Reader);
    assert_eq!(cut, 1, "{served:?}");
}

#[tokio::test(start_paused = true)]
async fn those_who_are_connected_when_the_listener_closes_are_answered() {
    use std::io::{Read, Write};
    let server = start(1);
    // Without a pause in which the server could accept them.
    let mut clients: Vec<_> = (0..20)
        .map(|_| std::net::TcpStream::connect(server.addr).expect("it listens"))
        .collect();
    for client in &mut clients {
        let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        client.write_all(request).expect("it is connected");
    }
    server.stop.send(()).expect("it runs");
    let served = server.served.await.expect("no panic");
    let all = Served {
        accepted: 20,
        cut_off: 0,
    };
    assert_eq!(served, all);
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("text");
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
}

/// Nothing that is not limited ends by itself.
#[tokio::test(start_paused = true)]
async fn a_limit_may_be_as_long_as_a_clock_can_count() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let addr = listener.local_addr().expect("bound");
    let limits = Limits {
        header_read_timeout: Duration::MAX,
        idle_timeout: Duration::MAX,
        write_timeout: Duration::MAX,
        ..Limits::default()
    };
    let service = tower::service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("here"))))
    });
    tokio::spawn(listen::serve(
        listener,
        service,
        limits,
        std::future::pending(),
    ));
    let mut client = Client::connect(addr).await;
    client.write("GET / HTTP/1.1\r\n").await;
    sleep(Duration::from_hours(100)).await;
    client.write("\r\n").await;
    assert!(client.read_answer().await.ends_with("here"));
}
