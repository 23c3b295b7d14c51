//! Lets others go first, once, and then never again.

use gym::task;

/// After so many pieces others have a turn.
pub const OFTEN: u32 = 50;

/// How many pieces there are. `count` counts those of one carton: that is the work.
pub async fn take_stock(cartons: usize, count: &dyn Fn(usize) -> u32) -> u32 {
    task::yield_now().await;
    let mut all = 0;
    for carton in 0..cartons {
        all += count(carton);
    }
    all
}
