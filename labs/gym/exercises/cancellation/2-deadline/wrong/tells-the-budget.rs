//! Ends in time, and tells each step that it has the whole budget.

use gym::time::{Instant, timeout_at};
use std::time::Duration;

/// It could not be done in time.
#[derive(Debug, PartialEq, Eq)]
pub struct Late;

/// Places an order within `budget`.
pub async fn place(
    budget: Duration,
    reserve: impl AsyncFnOnce(Instant),
    pay: impl AsyncFnOnce(Instant),
) -> Result<(), Late> {
    let deadline = Instant::now() + budget;
    timeout_at(deadline, reserve(Instant::now() + budget))
        .await
        .map_err(|_| Late)?;
    timeout_at(deadline, pay(Instant::now() + budget))
        .await
        .map_err(|_| Late)
}
