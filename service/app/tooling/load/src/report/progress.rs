//! Progress while it runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::numbers::{human, per_second, quantiles};
use super::terminal::Output;
use crate::args::Args;
use crate::shop::Shop;
use crate::stats::Tally;

/// A terminal is rewritten at least this often.
const REWRITE: Duration = Duration::from_secs(1);

/// Shows progress until it is ended.
pub(crate) struct Progress {
    task: JoinHandle<()>,
    output: Output,
    checking: bool,
}

impl Progress {
    /// Begins, unless it is not wanted.
    pub(crate) fn start(shop: &Arc<Shop>, args: &Args) -> Progress {
        let output = Output::of_stderr();
        let every = match output {
            Output::Terminal => args.progress.min(REWRITE),
            Output::Lines => args.progress,
        };
        let length = args.duration.limit();
        Progress {
            task: tokio::spawn(show(Arc::clone(shop), output, every, length)),
            output,
            checking: output == Output::Terminal && !every.is_zero() && args.verify().is_some(),
        }
    }

    /// Tells that the load is over and what follows may take a while.
    pub(crate) fn check(&self) {
        self.task.abort();
        if self.checking {
            self.output
                .show("checking that no order was lost or sold twice …");
        }
    }

    /// Ends, and leaves the cursor where the summary can begin.
    pub(crate) fn end(self) {
        self.task.abort();
        self.output.clear();
    }
}

async fn show(shop: Arc<Shop>, output: Output, every: Duration, length: Option<Duration>) {
    if every.is_zero() {
        return;
    }
    let started = shop.schedule.start();
    let mut last = started;
    loop {
        tokio::time::sleep_until((last + every).into()).await;
        let now = Instant::now();
        let (recent, cause) = shop.stats.take_recent();
        let mut text = line(now - started, now - last, &recent, cause.as_deref());
        if output == Output::Terminal {
            // What a narrow terminal cuts off is at the end.
            let elapsed = now - started;
            text = format!("{}{text}  {}", phase(&shop, now), bar(elapsed, length));
        }
        output.show(&text);
        last = now;
    }
}

/// The phase's name, if there is more than one.
fn phase(shop: &Shop, now: Instant) -> String {
    let phases = shop.schedule.phases();
    if phases.len() < 2 {
        return String::new();
    }
    format!("{:<6}", phases[shop.schedule.phase(now).0].name)
}

/// Such as `    15 s      50.0/s  3 errors (connection refused)  p50 812 µs  p99 2.10 ms  max 3.4
/// ms`; the cause is the latest.
fn line(elapsed: Duration, interval: Duration, recent: &Tally, cause: Option<&str>) -> String {
    let [p50, _, p99, _, max] = quantiles(&recent.latency).map(human);
    let rate = per_second(recent.fine, interval.as_secs_f64());
    let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    let elapsed = elapsed.as_secs_f64();
    format!(
        "{elapsed:>6.0} s  {rate:>8.1}/s  {} errors{cause}  p50 {p50}  p99 {p99}  max {max}",
        recent.failed
    )
}

/// How much of the time is over, in ten steps; without an end there is none to show.
fn bar(elapsed: Duration, length: Option<Duration>) -> String {
    let Some(length) = length else {
        return "∞".to_owned();
    };
    let done = (elapsed.as_secs_f64() / length.as_secs_f64() * 10.0).floor();
    let done = (done as usize).min(10);
    format!("{}{}", "━".repeat(done), "─".repeat(10 - done))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Operation, Outcome, Stats};

    #[test]
    fn a_line_has_the_rate_of_its_interval_and_the_latest_cause() {
        let stats = Stats::new(1);
        let quick = Duration::from_micros(500);
        (0..20).for_each(|_| stats.record(Operation::Browse, 0, &Outcome::Fine, quick));
        let (recent, _) = stats.take_recent();
        let secs = Duration::from_secs;
        let line = line(secs(15), secs(2), &recent, Some("timed out"));
        assert!(
            line.starts_with("    15 s      10.0/s  0 errors (timed out)  p50 500 µs  p99"),
            "{line}"
        );
    }

    #[test]
    fn the_bar_fills_up_and_no_further() {
        let secs = Duration::from_secs;
        for (elapsed, expected) in [(0, "──────────"), (5, "━━━━━─────"), (11, "━━━━━━━━━━")]
        {
            assert_eq!(bar(secs(elapsed), Some(secs(10))), expected);
        }
        assert_eq!(bar(secs(1), None), "∞");
    }
}
