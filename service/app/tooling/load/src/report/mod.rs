//! How it is told: progress while it runs, a table or JSON at the end.

mod json;
mod numbers;
mod progress;
mod terminal;
mod text;

use std::time::Duration;

use crate::scenarios::Scenario;
use crate::stats::Counts;
use crate::verify::Verdict;

pub(crate) use json::json;
pub(crate) use progress::Progress;
pub(crate) use text::text;

/// A load that is over.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub target: String,
    pub scenario: Scenario,
    /// Visits per second asked for, in an open loop.
    pub rate: f64,
    /// Clients, in a closed loop.
    pub clients: Option<u32>,
    /// Retries for each 100 visits, if there were any and their number was bounded.
    pub budget: Option<u32>,
    /// From the first visit to the last.
    pub elapsed: Duration,
    /// Visits whose end was not waited for.
    pub unanswered: usize,
    /// How long each phase lasted.
    pub phase_seconds: Vec<f64>,
    pub counts: Counts,
    /// What the check has found, if it was made.
    pub verdict: Option<Verdict>,
}

impl Summary {
    /// Whether anything was answered, and nothing was found to be wrong.
    pub(crate) fn succeeded(&self) -> bool {
        let total = self.counts.total();
        let answered = total.fine > 0 || total.failed == 0;
        answered && self.verdict.as_ref().is_none_or(Verdict::passed)
    }
}

#[cfg(test)]
fn example() -> Summary {
    use crate::api::Failure;
    use crate::stats::{Operation, Outcome, Stats};
    use crate::verify::Check;

    let stats = Stats::new(3);
    let milli = Duration::from_millis;
    for _ in 0..100 {
        let quick = Duration::from_micros(800);
        stats.record(Operation::Browse, 0, &Outcome::Fine, quick);
    }
    stats.record(Operation::Order, 1, &Outcome::Fine, milli(3));
    stats.record(Operation::Order, 1, &Outcome::OutOfStock, milli(2));
    let failed = Outcome::Failed(Failure::Refused);
    stats.record(Operation::LookUp, 2, &failed, Duration::ZERO);
    (0..4).for_each(|_| stats.offer(1));
    stats.retry(&Failure::TimedOut);
    stats.turn_away();
    let check = |name, held, detail: &str| Check {
        name,
        held,
        detail: detail.to_owned(),
    };
    Summary {
        target: "http://127.0.0.1:8080".into(),
        scenario: Scenario::Spike,
        rate: 50.0,
        clients: None,
        budget: Some(10),
        elapsed: Duration::from_secs(2),
        unanswered: 0,
        phase_seconds: vec![0.8, 0.4, 0.8],
        counts: stats.counts(),
        verdict: Some(Verdict {
            checks: vec![
                check("stock", true, "12 products"),
                check("orders", false, "LOST 1: 7"),
            ],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_succeeds_if_something_was_answered_and_nothing_is_wrong() {
        let mut summary = example();
        assert!(!summary.succeeded());
        summary.verdict = None;
        assert!(summary.succeeded());
        summary.counts.operations = Default::default();
        summary.counts.operations[0].failed = 1;
        assert!(!summary.succeeded());
    }
}
