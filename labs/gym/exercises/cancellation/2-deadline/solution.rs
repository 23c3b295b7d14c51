//! A budget of time for an order, spent once.

//: solution
use gym::time::{Instant, timeout_at};
//: starter
//| use gym::time::{Instant, timeout};
//: end
use std::time::Duration;

/// It could not be done in time.
#[derive(Debug, PartialEq, Eq)]
pub struct Late;

/// Places an order within `budget`: reserves the goods, then takes the payment. Both are told until when their answer
/// is of any use.
pub async fn place(
    budget: Duration,
    reserve: impl AsyncFnOnce(Instant),
    pay: impl AsyncFnOnce(Instant),
) -> Result<(), Late> {
    //: solution
    let deadline = Instant::now() + budget;
    timeout_at(deadline, reserve(deadline))
        .await
        .map_err(|_| Late)?;
    timeout_at(deadline, pay(deadline)).await.map_err(|_| Late)
    //: starter
    //| timeout(budget, reserve(Instant::now() + budget))
    //|     .await
    //|     .map_err(|_| Late)?;
    //| timeout(budget, pay(Instant::now() + budget))
    //|     .await
    //|     .map_err(|_| Late)
    //: end
}
