//! Figures of the last seconds.

use std::time::Duration;

use super::Reading;

/// The shortest time over which a share is worth telling.
const LENGTH: Duration = Duration::from_secs(1);

/// Keeps the readings to compare the next with. The window moves at most once in [`LENGTH`], however often and by however
/// many it is asked: readers do not spoil each other's figures.
#[derive(Debug)]
pub(super) struct Window {
    since: Reading,
    latest: Reading,
}

impl Window {
    pub(super) fn new(first: Reading) -> Self {
        Self {
            since: first.clone(),
            latest: first,
        }
    }

    /// For which share of the time, from 0 to 1, each worker was busy since the reading before last, and that reading.
    pub(super) fn turn(&mut self, now: &Reading) -> (Vec<f64>, Reading) {
        let shares = now.busy.iter().zip(&self.since.busy).map(|(busy, before)| {
            let span = now
                .at
                .saturating_duration_since(self.since.at)
                .max(Duration::from_millis(1));
            (busy.saturating_sub(*before).as_secs_f64() / span.as_secs_f64()).min(1.0)
        });
        let (shares, since) = (shares.collect(), self.since.clone());
        if now.at.saturating_duration_since(self.latest.at) >= LENGTH {
            self.since = std::mem::replace(&mut self.latest, now.clone());
        }
        (shares, since)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn shares_are_of_the_last_seconds_and_readers_share_the_window() {
        let start = Instant::now();
        let reading = |at_ms, busy_ms: [u64; 2]| Reading {
            at: start + Duration::from_millis(at_ms),
            busy: busy_ms.map(Duration::from_millis).to_vec(),
            #[cfg(tokio_unstable)]
            polls: Vec::new(),
        };
        let mut window = Window::new(reading(0, [0, 0]));
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
            let (shares, _) = window.turn(&reading(at_ms, busy_ms));
            assert_eq!(shares, expected, "at {at_ms} ms");
        }
    }
}
