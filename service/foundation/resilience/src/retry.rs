//! Whether and when to try again.

use std::time::{Duration, Instant};

use crate::{Backoff, Budget};

/// How often and how to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a request may be sent, the first time included.
    pub attempts: u32,
    /// How long to wait between.
    pub backoff: Backoff,
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How often the request was sent by now.
    pub made: u32,
    /// Whether it does no harm to send it twice.
    pub is_idempotent: bool,
    /// Whether the failure may pass: not that of a request that makes no sense.
    pub may_pass: bool,
    /// How long the other side asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try again after this pause.
    After(Duration),
    /// Leave it.
    Leave(Why),
}

/// Why a request is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// It might be done twice.
    NotIdempotent,
    /// It would fail again.
    Permanent,
    /// It was sent often enough.
    Attempts,
    /// The pause would not end before the request's deadline.
    Deadline,
    /// There were too many retries among the latest requests.
    Budget,
}

impl Why {
    /// Its name: `not_idempotent`.
    pub fn name(self) -> &'static str {
        match self {
            Why::NotIdempotent => "not_idempotent",
            Why::Permanent => "permanent",
            Why::Attempts => "attempts",
            Why::Deadline => "deadline",
            Why::Budget => "budget",
        }
    }
}

impl Retry {
    /// Whether to try again after this failure, and when. A pause ends before the `deadline`, is at least as long as the
    /// other side asked for, and has been taken out of the `budget`. `chance` is between 0 and 1.
    pub fn decide(
        &self,
        attempt: Attempt,
        budget: &mut Budget,
        chance: f64,
        now: Instant,
        deadline: Instant,
    ) -> Decision {
        let pause = self.backoff.pause(attempt.made.saturating_sub(1), chance);
        let pause = pause.max(attempt.retry_after.unwrap_or_default());
        let in_time = now.checked_add(pause).is_some_and(|then| then < deadline);
        let why = if !attempt.is_idempotent {
            Why::NotIdempotent
        } else if !attempt.may_pass {
            Why::Permanent
        } else if attempt.made >= self.attempts {
            Why::Attempts
        } else if !in_time {
            Why::Deadline
        } else if !budget.retry() {
            Why::Budget
        } else {
            return Decision::After(pause);
        };
        Decision::Leave(why)
    }
}
