//! Checks a page of metrics, from a file or an address:
//!
//! ```text
//! cargo run -p exposition --example check -- metrics.txt
//! cargo run -p exposition --example check -- http://127.0.0.1:9090/metrics
//! ```
//!
//! It says how many metrics there are, what the format forbids, and what the conventions would have otherwise. Text that
//! ends in `# EOF` is checked as OpenMetrics.

use std::io::{Error, Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;
use std::{env, fs};

use exposition::{Format, lint, parse, parse_strict};

fn main() -> Result<ExitCode, Error> {
    let Some(source) = env::args().nth(1) else {
        eprintln!("which file or http:// address?");
        return Ok(ExitCode::from(2));
    };
    let text = match source.strip_prefix("http://") {
        Some(address) => get(address)?,
        None => fs::read(&source)?,
    };
    let read = parse(&text);
    let samples: usize = read
        .families
        .iter()
        .map(|family| family.samples.len())
        .sum();
    println!(
        "{} metrics, {samples} samples, {} lines that cannot be read",
        read.families.len(),
        read.bad_count
    );
    let is_open_metrics = text.trim_ascii_end().ends_with(b"# EOF");
    let format = if is_open_metrics {
        Format::OpenMetrics
    } else {
        Format::Prometheus
    };
    match parse_strict(&text, format) {
        Ok(families) => {
            for remark in lint(&families) {
                println!("{remark}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(violations) => {
            for bad in &violations.first {
                println!("line {}: {}", bad.line, bad.message);
            }
            println!("{} violations", violations.count);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What a server on this network answers to the simplest of requests.
fn get(address: &str) -> Result<Vec<u8>, Error> {
    let (host, path) = address.split_once('/').unwrap_or((address, "metrics"));
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n");
    Ok(answer.split_off(head.map_or(0, |at| at + 4)))
}
