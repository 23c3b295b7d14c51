//! Lets each step take as long as it takes, and looks at the clock afterwards.

use gym::time::{Instant, timeout};
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
    let steps = async {
        timeout(budget, reserve(deadline)).await?;
        timeout(budget, pay(deadline)).await
    };
    match steps.await {
        Ok(()) if Instant::now() <= deadline => Ok(()),
        _ => Err(Late),
    }
}
