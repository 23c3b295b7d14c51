//! Notes that a step was late, and goes on.

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
    let reserved = timeout_at(deadline, reserve(deadline)).await;
    let paid = timeout_at(deadline, pay(deadline)).await;
    match (reserved, paid) {
        (Ok(()), Ok(())) => Ok(()),
        _ => Err(Late),
    }
}
