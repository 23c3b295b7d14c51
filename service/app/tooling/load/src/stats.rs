//! What is counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::api::Failure;

/// Different causes of failure that are kept apart; a service that invents ever new ones cannot
/// fill the memory.
const MAX_CAUSES: usize = 50;

/// The kinds of request, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Reads the catalogue.
    Browse,
    /// Places an order.
    Order,
    /// Fetches an order.
    LookUp,
    /// Gives an order back.
    GiveBack,
    /// Reads the catalogue or places an order, a few bytes at a time.
    Slow,
}

impl Operation {
    pub(crate) const ALL: [Operation; 5] = [
        Operation::Browse,
        Operation::Order,
        Operation::LookUp,
        Operation::GiveBack,
        Operation::Slow,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Operation::Browse => "browse",
            Operation::Order => "order",
            Operation::LookUp => "look_up",
            Operation::GiveBack => "give_back",
            Operation::Slow => "slow",
        }
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As it should.
    Fine,
    /// Refused for want of stock: a normal answer.
    OutOfStock,
    /// It failed.
    Failed(Failure),
}

/// Counts by operation, for the whole run and since the last line of progress.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    counts: Mutex<Counts>,
}

/// What has been counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// By operation, in the order of [`Operation::ALL`].
    pub operations: [Tally; 5],
    /// By phase of the scenario; slow clients belong to none.
    pub phases: Vec<Phase>,
    /// How often each cause made a request fail.
    pub causes: BTreeMap<String, u64>,
    /// Arrivals that were not sent, because too many others waited for their answer.
    pub dropped: u64,
    /// Orders refused for want of stock.
    pub out_of_stock: u64,
    /// Requests sent, retries included.
    pub attempts: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// How often each cause made that necessary.
    pub retried_causes: BTreeMap<String, u64>,
    /// Visits that failed because the budget had no retry left.
    pub budget_spent: u64,
    /// Answers 429 and 503, those that were followed by a retry included.
    pub turned_away: u64,
    /// Since the last line of progress.
    recent: Tally,
    /// The latest cause since then.
    recent_cause: Option<String>,
}

/// What was counted in a phase.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phase {
    /// Visits that were due then, those dropped included.
    pub offered: u64,
    /// How those ended.
    pub tally: Tally,
}

impl Stats {
    /// For a scenario of so many phases.
    pub(crate) fn new(phases: usize) -> Stats {
        let counts = Counts {
            phases: vec![Phase::default(); phases],
            ..Counts::default()
        };
        Stats {
            counts: Mutex::new(counts),
        }
    }

    /// Notes the end of a visit that took `latency` from the moment it was due, which was in `phase`.
    pub(crate) fn record(
        &self,
        operation: Operation,
        phase: usize,
        outcome: &Outcome,
        latency: Duration,
    ) {
        let mut counts = self.lock();
        counts.operations[operation as usize].record(outcome, latency);
        if operation != Operation::Slow {
            counts.recent.record(outcome, latency);
            if let Some(phase) = counts.phases.get_mut(phase) {
                phase.tally.record(outcome, latency);
            }
        }
        match outcome {
            Outcome::Fine => {}
            Outcome::OutOfStock => counts.out_of_stock += 1,
            Outcome::Failed(failure) => counts.blame(failure.to_string()),
        }
    }

    /// Notes that a visit is due.
    pub(crate) fn offer(&self, phase: usize) {
        if let Some(phase) = self.lock().phases.get_mut(phase) {
            phase.offered += 1;
        }
    }

    /// Notes a request that is sent, for the first time or again.
    pub(crate) fn attempt(&self) {
        self.lock().attempts += 1;
    }

    /// Notes that a request is sent again.
    pub(crate) fn retry(&self, failure: &Failure) {
        let mut counts = self.lock();
        counts.retries += 1;
        let cause = known(&counts.retried_causes, failure.to_string());
        *counts.retried_causes.entry(cause).or_default() += 1;
    }

    /// Notes that the budget forbade a retry.
    pub(crate) fn spent(&self) {
        self.lock().budget_spent += 1;
    }

    /// Notes an answer 429 or 503.
    pub(crate) fn turn_away(&self) {
        self.lock().turned_away += 1;
    }

    /// Notes an arrival that was not sent.
    pub(crate) fn drop_one(&self) {
        self.lock().dropped += 1;
    }

    /// What happened since the last call, and the latest cause of failure.
    pub(crate) fn take_recent(&self) -> (Tally, Option<String>) {
        let mut counts = self.lock();
        (
            std::mem::take(&mut counts.recent),
            counts.recent_cause.take(),
        )
    }

    /// Everything so far.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// All operations together, without the slow clients, whose latency is their own doing.
    pub(crate) fn total(&self) -> Tally {
        let ordinary = &self.operations[..Operation::Slow as usize];
        ordinary.iter().fold(Tally::default(), Tally::plus)
    }

    fn blame(&mut self, cause: String) {
        let cause = known(&self.causes, cause);
        self.recent_cause = Some(cause.clone());
        *self.causes.entry(cause).or_default() += 1;
    }
}

/// The cause, or "other" if there are too many different ones.
fn known(causes: &BTreeMap<String, u64>, cause: String) -> String {
    if causes.contains_key(&cause) || causes.len() < MAX_CAUSES {
        cause
    } else {
        "other".to_owned()
    }
}

/// Visits that have ended.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// Answered as they should, or refused for want of stock.
    pub fine: u64,
    /// Failed.
    pub failed: u64,
    /// Time from due to answered, in ns, of every request that was answered or timed out. A
    /// connection refused at once is no quick answer and is left out.
    pub latency: Histogram<u64>,
}

impl Tally {
    fn record(&mut self, outcome: &Outcome, latency: Duration) {
        let timed = match outcome {
            Outcome::Fine | Outcome::OutOfStock => true,
            Outcome::Failed(failure) => failure.answered() || *failure == Failure::TimedOut,
        };
        if timed {
            self.latency.saturating_record(latency.as_nanos() as u64);
        }
        match outcome {
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Fine | Outcome::OutOfStock => self.fine += 1,
        }
    }

    fn plus(mut self, other: &Tally) -> Tally {
        self.fine += other.fine;
        self.failed += other.failed;
        // Both have the same bounds, so this cannot fail.
        let _same_bounds = self.latency.add(&other.latency);
        self
    }
}

impl Default for Tally {
    fn default() -> Tally {
        // 1 µs to 2 minutes at three digits: some 200 KB.
        let latency =
            Histogram::new_with_bounds(1_000, 120_000_000_000, 3).expect("the bounds are in order");
        Tally {
            fine: 0,
            failed: 0,
            latency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_stock_is_no_error_and_a_refused_connection_no_latency() {
        let stats = Stats::new(1);
        let milli = Duration::from_millis(1);
        stats.record(Operation::Order, 0, &Outcome::Fine, milli);
        stats.record(Operation::Order, 0, &Outcome::OutOfStock, milli);
        stats.record(
            Operation::Browse,
            0,
            &Outcome::Failed(Failure::Refused),
            milli,
        );
        stats.record(
            Operation::Browse,
            0,
            &Outcome::Failed(Failure::TimedOut),
            milli * 5_000,
        );
        stats.drop_one();
        let counts = stats.counts();
        let total = counts.total();
        assert_eq!((total.fine, total.failed, total.latency.len()), (2, 2, 3));
        assert_eq!((counts.out_of_stock, counts.dropped), (1, 1));
        assert_eq!(counts.causes["connection refused"], 1);
        let (recent, cause) = stats.take_recent();
        assert_eq!((recent.fine, cause.as_deref()), (2, Some("timed out")));
        let (recent, cause) = stats.take_recent();
        assert_eq!((recent.fine, cause), (0, None));
    }

    #[test]
    fn slow_clients_do_not_spoil_what_the_others_see() {
        let stats = Stats::new(1);
        stats.record(Operation::Slow, 0, &Outcome::Fine, Duration::from_secs(2));
        stats.record(Operation::Browse, 0, &Outcome::Fine, Duration::ZERO);
        let counts = stats.counts();
        assert_eq!(counts.operations[Operation::Slow as usize].fine, 1);
        assert_eq!((counts.total().fine, counts.phases[0].tally.fine), (1, 1));
    }

    #[test]
    fn causes_are_bounded() {
        let stats = Stats::new(1);
        for number in 0..1_000 {
            let failure = Failure::Other(format!("cause {number}"));
            stats.record(
                Operation::Browse,
                0,
                &Outcome::Failed(failure),
                Duration::ZERO,
            );
        }
        let causes = stats.counts().causes;
        assert_eq!(causes.len(), MAX_CAUSES + 1);
        assert_eq!(causes["other"], 1_000 - MAX_CAUSES as u64);
    }
}
