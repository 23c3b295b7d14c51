//! A program with live variables, and a few lines of HTTP to serve them:
//!
//! ```text
//! cargo run -p expvar --example counter
//! cutaway 4000            # or: curl localhost:4000/debug/vars, expvarmon -ports 4000
//! ```
//!
//! A real program serves them with the `debug` crate, which adds profiles and keeps strangers out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use expvar::{Counter, Error, Registry};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let vars = Registry::new();
    vars.func("cmdline", || std::env::args().collect())?;
    let started = Instant::now();
    vars.func("uptime", move || started.elapsed().as_secs_f64().into())?;
    work(&vars)?;

    let listener = TcpListener::bind("127.0.0.1:4000")?;
    println!("http://{}/debug/vars", listener.local_addr()?);
    for stream in listener.incoming() {
        // A client that has gone away is no reason to stop.
        if let Err(error) = answer(stream?, &vars) {
            eprintln!("{error}");
        }
    }
    Ok(())
}

/// Starts a thread that has something to count.
fn work(vars: &Registry) -> Result<(), Error> {
    let rounds = vars.counters("rounds", &["outcome"])?;
    let time = vars.histogram("round_ns")?;
    let last = vars.gauge("last_sum")?;
    vars.describe("rounds", "Rounds of adding up, by what came out.");
    thread::spawn(move || {
        for round in 0u64.. {
            let begun = Instant::now();
            let sum = (0..round % 100_000).fold(0, |sum: u64, n| sum.wrapping_mul(31) ^ n);
            time.record_duration(begun.elapsed());
            last.set((sum % 1_000) as i64);
            let outcome = if sum.is_multiple_of(2) { "even" } else { "odd" };
            rounds.update(&[outcome], Counter::inc);
            thread::sleep(Duration::from_millis(1));
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream, vars: &Registry) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut head = BufReader::new(&stream).lines();
    let request = head.next().transpose()?.unwrap_or_default();
    for line in head {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = if request.starts_with("GET /debug/vars ") {
        ("200 OK", vars.to_json())
    } else {
        ("404 Not Found", "there is only /debug/vars\n".to_owned())
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {length}\r\n"
    );
    write!(stream, "{head}Connection: close\r\n\r\n{body}")
}
