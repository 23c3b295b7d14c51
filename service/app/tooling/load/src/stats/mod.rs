//! What is counted.

mod tally;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use tally::{Operation, Outcome, Tally};

use crate::api::Failure;

/// Different causes of failure that are kept apart; a service that invents ever new ones cannot
/// fill the memory.
const MAX_CAUSES: usize = 50;

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
