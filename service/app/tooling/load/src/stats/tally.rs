//! The kinds of visit, how they end, and how long that takes.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::api::Failure;

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
    pub(super) fn record(&mut self, outcome: &Outcome, latency: Duration) {
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

    pub(super) fn plus(mut self, other: &Tally) -> Tally {
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
