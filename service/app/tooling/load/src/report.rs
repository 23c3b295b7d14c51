//! How it is told: lines of progress while it runs, a table or JSON at the end.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::run::Shop;
use crate::stats::{Counts, Operation, Tally};

/// A load that is over.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub target: String,
    pub scenario: String,
    /// Requests per second asked for.
    pub rate: f64,
    /// From the first request to the last.
    pub elapsed: Duration,
    /// Requests whose answer was not waited for at the end.
    pub unanswered: usize,
    pub counts: Counts,
}

impl Summary {
    /// False if every single request failed.
    pub(crate) fn anything_answered(&self) -> bool {
        let total = self.counts.total();
        total.fine > 0 || total.failed == 0
    }
}

/// The table for people.
pub(crate) fn text(summary: &Summary) -> String {
    let counts = &summary.counts;
    let elapsed = summary.elapsed.as_secs_f64();
    let mut out = String::new();
    line(
        &mut out,
        format_args!(
            "{} · {} · {} requests/s asked for · {elapsed:.1} s",
            summary.target, summary.scenario, summary.rate
        ),
    );
    line(&mut out, format_args!(""));
    line(
        &mut out,
        format_args!(
            "{:<10}{:>10}{:>10}{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "", "answered", "per s", "errors", "p50", "p90", "p99", "p99.9", "max"
        ),
    );
    for (operation, tally) in Operation::ALL.into_iter().zip(&counts.operations) {
        line(&mut out, row(operation.name(), tally, elapsed));
    }
    line(&mut out, row("all", &counts.total(), elapsed));
    line(&mut out, format_args!(""));
    line(
        &mut out,
        format_args!(
            "out of stock (answered, not an error): {}",
            counts.out_of_stock
        ),
    );
    line(
        &mut out,
        format_args!("dropped (too many in flight): {}", counts.dropped),
    );
    if summary.unanswered > 0 {
        line(
            &mut out,
            format_args!("still unanswered at the end: {}", summary.unanswered),
        );
    }
    for (cause, times) in &counts.causes {
        line(&mut out, format_args!("error: {cause}: {times}"));
    }
    out
}

fn row(name: &str, tally: &Tally, elapsed: f64) -> String {
    let mut row = format!(
        "{name:<10}{:>10}{:>10.1}{:>9}",
        tally.fine,
        per_second(tally.fine, elapsed),
        tally.failed
    );
    for value in quantiles(&tally.latency) {
        // Writing to a string cannot fail.
        let _infallible = write!(row, "{:>10}", human(value));
    }
    row
}

/// The summary as one JSON document.
pub(crate) fn json(summary: &Summary) -> Value {
    let counts = &summary.counts;
    let elapsed = summary.elapsed.as_secs_f64();
    let by_operation = Operation::ALL.into_iter().zip(&counts.operations);
    let operations: serde_json::Map<String, Value> = by_operation
        .map(|(operation, tally)| (operation.name().to_owned(), tally_json(tally, elapsed)))
        .collect();
    json!({
        "target": summary.target,
        "scenario": summary.scenario,
        "rate": summary.rate,
        "elapsed_ns": summary.elapsed.as_nanos() as u64,
        "total": tally_json(&counts.total(), elapsed),
        "operations": operations,
        "out_of_stock": counts.out_of_stock,
        "dropped": counts.dropped,
        "unanswered": summary.unanswered,
        "errors_by_cause": counts.causes,
    })
}

fn tally_json(tally: &Tally, elapsed: f64) -> Value {
    let [p50, p90, p99, p999, max] = quantiles(&tally.latency);
    json!({
        "answered": tally.fine,
        "answered_per_second": per_second(tally.fine, elapsed),
        "errors": tally.failed,
        "latency_ns": {"p50": p50, "p90": p90, "p99": p99, "p999": p999, "max": max},
    })
}

/// p50, p90, p99, p99.9 and the largest, in ns; 0 if nothing was recorded.
fn quantiles(latency: &Histogram<u64>) -> [u64; 5] {
    [0.5, 0.9, 0.99, 0.999, 1.0].map(|quantile| {
        if latency.is_empty() {
            0
        } else {
            latency.value_at_quantile(quantile)
        }
    })
}

fn per_second(count: u64, elapsed: f64) -> f64 {
    if elapsed > 0.0 {
        count as f64 / elapsed
    } else {
        0.0
    }
}

/// Writes a line of progress to stderr now and then, for as long as it is polled.
pub(crate) async fn progress(shop: Arc<Shop>, started: Instant, every: Duration) {
    if every.is_zero() {
        return;
    }
    let mut last = started;
    loop {
        tokio::time::sleep_until((last + every).into()).await;
        let now = Instant::now();
        let (recent, cause) = shop.stats.take_recent();
        let line = progress_line(now - started, now - last, &recent, cause.as_deref());
        // Nobody may be reading.
        let _gone = writeln!(std::io::stderr(), "{line}");
        last = now;
    }
}

/// Such as `    15 s      50.0/s  3 errors (connection refused)  p50 812 µs  p99 2.10 ms  max 3.4
/// ms`; the cause is the latest.
fn progress_line(
    elapsed: Duration,
    interval: Duration,
    recent: &Tally,
    cause: Option<&str>,
) -> String {
    let [p50, _, p99, _, max] = quantiles(&recent.latency).map(human);
    let rate = per_second(recent.fine, interval.as_secs_f64());
    let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    let elapsed = elapsed.as_secs_f64();
    format!(
        "{elapsed:>6.0} s  {rate:>8.1}/s  {} errors{cause}  p50 {p50}  p99 {p99}  max {max}",
        recent.failed
    )
}

/// A time with three digits or so.
fn human(nanos: u64) -> String {
    let micros = nanos as f64 / 1e3;
    match nanos {
        0 => "-".to_owned(),
        1..1_000_000 => format!("{micros:.0} µs"),
        1_000_000..10_000_000 => format!("{:.2} ms", micros / 1e3),
        10_000_000..1_000_000_000 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

fn line(out: &mut String, text: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _infallible = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Failure;
    use crate::stats::{Outcome, Stats};

    fn summary() -> Summary {
        let stats = Stats::default();
        for _ in 0..100 {
            stats.record(
                Operation::Browse,
                &Outcome::Fine,
                Duration::from_micros(800),
            );
        }
        stats.record(Operation::Order, &Outcome::Fine, Duration::from_millis(3));
        stats.record(
            Operation::Order,
            &Outcome::OutOfStock,
            Duration::from_millis(2),
        );
        stats.record(
            Operation::LookUp,
            &Outcome::Failed(Failure::Refused),
            Duration::ZERO,
        );
        Summary {
            target: "http://127.0.0.1:8080".into(),
            scenario: "steady".into(),
            rate: 50.0,
            elapsed: Duration::from_secs(2),
            unanswered: 0,
            counts: stats.counts(),
        }
    }

    #[test]
    fn the_table_holds_every_operation_and_cause() {
        let text = text(&summary());
        let row = |name: &str| {
            let row = text
                .lines()
                .find(|line| line.starts_with(name))
                .expect("a row");
            row.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(row("browse")[1..4], ["100", "50.0", "0"]);
        assert_eq!(row("order")[1..4], ["2", "1.0", "0"]);
        assert_eq!(row("look_up")[1..5], ["0", "0.0", "1", "-"]);
        assert_eq!(row("all")[1..4], ["102", "51.0", "1"]);
        assert!(text.contains("error: connection refused: 1\n"), "{text}");
        assert!(
            text.contains("out of stock (answered, not an error): 1\n"),
            "{text}"
        );
    }

    #[test]
    fn json_has_the_same_numbers() {
        let json = json(&summary());
        assert_eq!(json["total"]["answered"], 102);
        assert_eq!(json["operations"]["look_up"]["errors"], 1);
        assert_eq!(json["errors_by_cause"]["connection refused"], 1);
        let p50 = json["operations"]["browse"]["latency_ns"]["p50"]
            .as_u64()
            .expect("a number");
        assert!((796_000..804_000).contains(&p50), "{p50}");
    }

    #[test]
    fn times_are_readable() {
        for (nanos, expected) in [
            (0, "-"),
            (812_300, "812 µs"),
            (1_234_000, "1.23 ms"),
            (45_600_000, "46 ms"),
            (2_500_000_000, "2.50 s"),
        ] {
            assert_eq!(human(nanos), expected);
        }
    }
}
