//! When requests start: at equal distances on the clock, whatever becomes of them.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A schedule of arrivals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start: Instant,
    rate: f64,
    length: Option<Duration>,
}

impl Schedule {
    /// From `start` on, `rate` arrivals a second, for `length` or without end.
    pub(crate) fn new(start: Instant, rate: f64, length: Option<Duration>) -> Schedule {
        Schedule {
            start,
            rate,
            length,
        }
    }

    /// When arrival number `index`, counted from 0, is due; `None` if the schedule is over by then.
    /// Calculated from the start each time, so that errors do not add up.
    fn due(&self, index: u64) -> Option<Instant> {
        let offset = Duration::from_secs_f64(index as f64 / self.rate);
        let over = self.length.is_some_and(|length| offset >= length);
        if over {
            None
        } else {
            Some(self.start + offset)
        }
    }
}

/// Calls `arrive` with the time each arrival was due, until the schedule is over or the other end
/// of `stop` is dropped. An arrival that is late is made up for at once and keeps the time it was
/// due at.
///
/// It blocks and wants a thread of its own: a runtime's timers round up to whole milliseconds, and
/// every latency would carry that.
pub(crate) fn pace(schedule: Schedule, stop: &Receiver<()>, mut arrive: impl FnMut(Instant)) {
    for index in 0.. {
        let Some(due) = schedule.due(index) else {
            return;
        };
        if wait_until(due, stop).is_break() {
            return;
        }
        arrive(due);
    }
}

fn wait_until(due: Instant, stop: &Receiver<()>) -> std::ops::ControlFlow<()> {
    let left = due.saturating_duration_since(Instant::now());
    match stop.recv_timeout(left) {
        Err(RecvTimeoutError::Timeout) => std::ops::ControlFlow::Continue(()),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => std::ops::ControlFlow::Break(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn arrivals_lie_at_equal_distances_whatever_the_delay() {
        // Begun long ago, so all are late.
        let start = Instant::now()
            .checked_sub(Duration::from_mins(1))
            .expect("up for a minute");
        let (_running, stop) = mpsc::channel();
        let mut offsets = Vec::new();
        let schedule = Schedule::new(start, 4.0, Some(Duration::from_secs(1)));
        pace(schedule, &stop, |due| {
            offsets.push(due.duration_since(start).as_millis());
        });
        assert_eq!(offsets, [0, 250, 500, 750]);
    }

    #[test]
    fn a_schedule_without_end_stops_when_told() {
        let (running, stop) = mpsc::channel::<()>();
        let mut running = Some(running);
        let mut arrivals = 0;
        pace(
            Schedule::new(Instant::now(), 100_000.0, None),
            &stop,
            |_| {
                arrivals += 1;
                if arrivals == 3 {
                    running = None;
                }
            },
        );
        assert_eq!(arrivals, 3);
    }
}
