//! The service's state in a line, where there is no terminal for the console. It is read from the
//! same document that the console reads.

use crate::client;
use anyhow::Result;
use expvar::read::{Document, Path, Scalar};
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Prints a line every so often until `stop` resolves.
pub(super) async fn print(debug: SocketAddr, every: Duration, stop: impl Future<Output = ()>) {
    let mut ticks = tokio::time::interval(every);
    let mut before: Option<(Instant, Totals)> = None;
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut stop => return,
        }
        let now = Instant::now();
        match read(debug).await {
            Ok(totals) => {
                if let Some((then, earlier)) = &before {
                    println!(
                        "{}",
                        Line::between(earlier, &totals, now.duration_since(*then))
                    );
                }
                before = Some((now, totals));
            }
            Err(error) => {
                println!("the service does not answer on {debug}: {error:#}");
                before = None;
            }
        }
    }
}

async fn read(debug: SocketAddr) -> Result<Totals> {
    let body = client::get(debug, "/debug/vars").await?;
    Ok(Totals::of(&Document::parse(&body)?))
}

/// What a line is made of.
#[derive(Clone, Debug, Default, PartialEq)]
struct Totals {
    requests: f64,
    errors: f64,
    /// The 99th percentile of the last seconds, in nanoseconds; the slowest route's if there are several.
    p99: f64,
    tasks: f64,
}

impl Totals {
    fn of(document: &Document) -> Totals {
        let mut totals = Totals::default();
        for (path, value) in document.flatten() {
            let Scalar::Number(number) = value else {
                continue;
            };
            totals.add(&path, number.as_f64());
        }
        totals
    }

    /// A variable may be one number, or one per route and status below its name.
    fn add(&mut self, path: &Path, value: f64) {
        let name = path.to_string();
        let (first, rest) = name.split_once('.').unwrap_or((&name, ""));
        match first {
            "requests" => self.requests += value,
            "errors" => self.errors += value,
            "tasks" if rest.is_empty() || rest == "alive" => self.tasks = value,
            "latency_recent_ns" if rest.rsplit('.').next() == Some("p99") => {
                self.p99 = self.p99.max(value);
            }
            _ => {}
        }
    }
}

struct Line {
    rate: f64,
    errors: f64,
    p99: f64,
    tasks: f64,
}

impl Line {
    fn between(earlier: &Totals, now: &Totals, took: Duration) -> Line {
        // A counter that has fallen belongs to a service that was started anew.
        let more = |then: f64, now: f64| if now < then { now } else { now - then };
        Line {
            rate: more(earlier.requests, now.requests) / took.as_secs_f64(),
            errors: more(earlier.errors, now.errors),
            p99: now.p99,
            tasks: now.tasks,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p99 = lab_format::units::nanos(self.p99.max(0.0) as u64);
        write!(
            f,
            "{:>7.1} requests/s  {:>3} errors  p99 {p99:>8}  {} tasks",
            self.rate, self.errors, self.tasks
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(json: &str) -> Totals {
        Totals::of(&Document::parse(json.as_bytes()).expect("valid JSON"))
    }

    #[test]
    fn sums_routes_and_takes_the_slowest() {
        let read = totals(
            r#"{"requests": {"GET /a": {"200": 7}, "POST /b": 3}, "errors": 1, "tasks": 12, "uptime": 9,
                "latency_recent_ns": {"GET /a": {"p50": 1, "p99": 1500000}, "POST /b": {"p99": 40}}}"#,
        );
        assert_eq!(
            read,
            Totals {
                requests: 10.0,
                errors: 1.0,
                p99: 1_500_000.0,
                tasks: 12.0
            }
        );
    }

    #[test]
    fn a_line_tells_rates_and_survives_a_restart() {
        let earlier = Totals {
            requests: 100.0,
            errors: 5.0,
            ..Totals::default()
        };
        let now = Totals {
            requests: 200.0,
            errors: 6.0,
            p99: 3_100_000.0,
            tasks: 14.0,
        };
        let line = Line::between(&earlier, &now, Duration::from_secs(2));
        assert_eq!(
            line.to_string(),
            "   50.0 requests/s    1 errors  p99   3.1 ms  14 tasks"
        );
        let restarted = Line::between(&now, &earlier, Duration::from_secs(10));
        assert_eq!(
            restarted.to_string(),
            "   10.0 requests/s    5 errors  p99     0 ns  0 tasks"
        );
    }
}
