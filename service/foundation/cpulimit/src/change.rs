use std::fmt;

use crate::Decision;
use crate::decimal::Decimal;

/// What a change makes of the decision. The two may be the same: not every change bears on it.
///
/// A runtime that has started keeps its threads; what to do about the change is its owner's choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// What was decided before.
    pub before: Decision,
    /// What would be decided now.
    pub after: Decision,
}

impl fmt::Display for Change {
    /// `the CPU limit was 1.5 and is 3 now, for 3 worker threads instead of 2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, after } = self;
        let (was, is) = (Decimal(before.limit), Decimal(after.limit));
        if before.limit.total_cmp(&after.limit).is_eq() {
            write!(f, "the CPU limit is still {is}")?;
        } else {
            write!(f, "the CPU limit was {was} and is {is} now")?;
        }
        if before.workers != after.workers {
            let (instead, workers) = (before.workers, after.workers);
            write!(f, ", for {workers} worker threads instead of {instead}")?;
        }
        Ok(())
    }
}
