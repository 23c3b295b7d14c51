//! When visits start: at equal distances on the clock within a phase, whatever becomes of them.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::scenarios::Phase;

/// After so long, a scenario without end begins again.
const PERIOD: Duration = Duration::from_mins(1);

/// A schedule of arrivals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start: Instant,
    rate: f64,
    phases: &'static [Phase],
    length: Option<Duration>,
}

impl Schedule {
    /// From `start` on, `rate` arrivals a second, more or less as the phases say, for `length` or without end.
    pub(crate) fn new(
        start: Instant,
        rate: f64,
        phases: &'static [Phase],
        length: Option<Duration>,
    ) -> Schedule {
        Schedule {
            start,
            rate,
            phases,
            length,
        }
    }

    /// When it began.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// What it is made up of.
    pub(crate) fn phases(&self) -> &'static [Phase] {
        self.phases
    }

    /// When it is over, if ever.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.length.map(|length| self.start + length)
    }

    /// Which phase it is at a moment, and when the next one begins.
    pub(crate) fn phase(&self, at: Instant) -> (usize, Instant) {
        let period = self.period().as_secs_f64();
        // The first arrival of a phase is due a nanosecond early where its second is no whole number of them.
        let elapsed = at.saturating_duration_since(self.start).as_secs_f64() + 1e-8;
        let begun = (elapsed / period).floor() * period;
        let mut end = begun;
        for (index, phase) in self.phases.iter().enumerate() {
            end += phase.share * period;
            if elapsed < end {
                return (index, self.start + Duration::from_secs_f64(end));
            }
        }
        let end = Duration::from_secs_f64(begun + period);
        (self.phases.len().saturating_sub(1), self.start + end)
    }

    /// How many seconds of `elapsed` belong to a phase; what is over belongs to none.
    pub(crate) fn seconds_of(&self, index: usize, elapsed: Duration) -> f64 {
        let period = self.period().as_secs_f64();
        let elapsed = self.length.map_or(elapsed, |length| elapsed.min(length));
        let elapsed = elapsed.as_secs_f64();
        let before: f64 = self.phases[..index].iter().map(|phase| phase.share).sum();
        let own = self.phases[index].share * period;
        let left = elapsed % period - before * period;
        (elapsed / period).floor() * own + left.clamp(0.0, own)
    }

    fn period(&self) -> Duration {
        self.length.unwrap_or(PERIOD)
    }

    /// When arrival number `index`, counted from 0, is due; `None` if the schedule is over by then.
    /// Calculated from the start each time, so that errors do not add up.
    fn due(&self, index: u64) -> Option<Instant> {
        let period = self.period().as_secs_f64();
        let in_phase = |phase: &Phase| self.rate * phase.factor * phase.share * period;
        let in_period: f64 = self.phases.iter().map(in_phase).sum();
        let periods = match self.length {
            None => (index as f64 / in_period).floor(),
            Some(_) => 0.0,
        };
        let mut left = index as f64 - periods * in_period;
        let mut offset = periods * period;
        for phase in self.phases {
            let arrivals = in_phase(phase);
            // A phase begins with an arrival of its own; the tolerance is for what a sum of floats loses.
            if left < arrivals - 1e-6 {
                let offset = offset + left.max(0.0) / (self.rate * phase.factor);
                return Some(self.start + Duration::from_secs_f64(offset));
            }
            left -= arrivals;
            offset += phase.share * period;
        }
        match self.length {
            None => Some(self.start + Duration::from_secs_f64((periods + 1.0) * period)),
            Some(_) => None,
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
    use crate::scenarios::Scenario;

    fn long_ago() -> Instant {
        Instant::now()
            .checked_sub(Duration::from_mins(1))
            .expect("up for a minute")
    }

    fn offsets(scenario: Scenario, rate: f64, seconds: u64) -> Vec<u128> {
        // Begun long ago, so all are late.
        let start = long_ago();
        let (_running, stop) = mpsc::channel();
        let mut offsets = Vec::new();
        let length = Some(Duration::from_secs(seconds));
        let schedule = Schedule::new(start, rate, scenario.plan().phases, length);
        pace(schedule, &stop, |due| {
            offsets.push(due.duration_since(start).as_millis());
        });
        offsets
    }

    #[test]
    fn arrivals_lie_at_equal_distances_whatever_the_delay() {
        assert_eq!(offsets(Scenario::Steady, 4.0, 1), [0, 250, 500, 750]);
    }

    #[test]
    fn a_phase_multiplies_the_rate_for_its_share_of_the_time() {
        let offsets = offsets(Scenario::Spike, 10.0, 10);
        let between = |from, to| {
            let inside = |offset: &&u128| (from..to).contains(*offset);
            offsets.iter().filter(inside).count()
        };
        assert_eq!(between(0, 4_000), 40);
        assert_eq!(between(4_000, 6_000), 200);
        assert_eq!(between(6_000, 10_000), 40);
        assert_eq!(offsets.len(), 280);
    }

    #[test]
    fn a_moment_belongs_to_a_phase_and_a_scenario_without_end_begins_again() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 1.0, Scenario::Spike.plan().phases, None);
        let secs = Duration::from_secs;
        for (at, phase, next) in [
            (0, 0, 24),
            (23, 0, 24),
            (25, 1, 36),
            (37, 2, 60),
            (61, 0, 84),
        ] {
            let (index, until) = schedule.phase(start + secs(at));
            let until = until.duration_since(start).as_secs_f64();
            assert_eq!(index, phase, "{at}");
            assert!((until - f64::from(next)).abs() < 1e-3, "{at}: {until}");
        }
        let seconds: Vec<f64> = (0..3)
            .map(|index| schedule.seconds_of(index, secs(90)))
            .collect();
        for (seconds, expected) in seconds.into_iter().zip([48.0, 18.0, 24.0]) {
            assert!((seconds - expected).abs() < 1e-6, "{seconds}");
        }
        let limited = Schedule {
            length: Some(secs(10)),
            ..schedule
        };
        assert!((limited.seconds_of(0, secs(11)) - 4.0).abs() < 1e-6);
        // 24 + 120 + 24 arrivals a minute.
        let due = schedule.due(168).expect("without end");
        assert_eq!(due.duration_since(start).as_secs(), 60);
    }

    #[test]
    fn a_schedule_without_end_stops_when_told() {
        let (running, stop) = mpsc::channel::<()>();
        let mut running = Some(running);
        let mut arrivals = 0;
        let phases = Scenario::Steady.plan().phases;
        pace(
            Schedule::new(Instant::now(), 100_000.0, phases, None),
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
