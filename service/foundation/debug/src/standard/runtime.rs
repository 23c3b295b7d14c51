//! The state of a tokio runtime.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::runtime::{Handle, RuntimeMetrics};

/// Reads the runtime's state each time it is called.
pub(crate) fn reader(handle: &Handle) -> impl Fn() -> Value + Send + Sync + use<> {
    let metrics = handle.metrics();
    let busy = Mutex::new(Busy::new(Reading::take(&metrics)));
    move || {
        let now = Reading::take(&metrics);
        let busy_ns: Vec<_> = now.busy.iter().map(|busy| busy.as_nanos() as u64).collect();
        let shares = busy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .shares(now);
        json!({
            "workers": metrics.num_workers(),
            "alive_tasks": metrics.num_alive_tasks(),
            "global_queue_depth": metrics.global_queue_depth(),
            "busy_ns": busy_ns,
            "busy": shares,
        })
    }
}

/// For how long each worker has been busy, at one moment. A worker says so when it parks and every few dozen tasks: one
/// that is blocked in a task says nothing until it gets out.
#[derive(Debug, Clone)]
struct Reading {
    at: Instant,
    busy: Vec<Duration>,
}

impl Reading {
    fn take(metrics: &RuntimeMetrics) -> Self {
        let workers = 0..metrics.num_workers();
        Self {
            at: Instant::now(),
            busy: workers
                .map(|worker| metrics.worker_total_busy_duration(worker))
                .collect(),
        }
    }
}

/// The shortest time over which a share is worth telling.
const WINDOW: Duration = Duration::from_secs(1);

/// Turns readings into shares of the last seconds. The window moves at most once in [`WINDOW`], however often and by
/// however many it is asked: readers do not spoil each other's figures.
#[derive(Debug)]
struct Busy {
    since: Reading,
    latest: Reading,
}

impl Busy {
    fn new(first: Reading) -> Self {
        Self {
            since: first.clone(),
            latest: first,
        }
    }

    /// Each worker's share from 0 to 1, since the reading before last.
    fn shares(&mut self, now: Reading) -> Vec<f64> {
        let shares = now.busy.iter().zip(&self.since.busy).map(|(busy, before)| {
            let span = now
                .at
                .saturating_duration_since(self.since.at)
                .max(Duration::from_millis(1));
            (busy.saturating_sub(*before).as_secs_f64() / span.as_secs_f64()).min(1.0)
        });
        let shares = shares.collect();
        if now.at.saturating_duration_since(self.latest.at) >= WINDOW {
            self.since = std::mem::replace(&mut self.latest, now);
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_last_seconds_and_readers_share_the_window() {
        let start = Instant::now();
        let reading = |at_ms, busy_ms: [u64; 2]| Reading {
            at: start + Duration::from_millis(at_ms),
            busy: busy_ms.map(Duration::from_millis).to_vec(),
        };
        let mut busy = Busy::new(reading(0, [0, 0]));
        for (at_ms, busy_ms, expected) in [
            (1_000, [500, 0], [0.5, 0.0]),
            // Another reader, at once after the first: the window stays.
            (1_000, [500, 0], [0.5, 0.0]),
            (2_000, [1_500, 0], [0.75, 0.0]),
            // Now since 1,000.
            (3_000, [2_500, 1_000], [1.0, 0.5]),
            // A worker that was blocked and tells it late is not more than busy.
            (4_000, [2_500, 9_000], [0.5, 1.0]),
        ] {
            assert_eq!(
                busy.shares(reading(at_ms, busy_ms)),
                expected,
                "at {at_ms} ms"
            );
        }
    }
}
