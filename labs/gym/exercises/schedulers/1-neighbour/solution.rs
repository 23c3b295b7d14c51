//! Taking stock beside others.
//!
//! `gym::task` is `tokio::task` for exercises: the same names, the same behaviour.

use gym::task;

/// After so many pieces others have a turn.
pub const OFTEN: u32 = 50;

/// How many pieces there are. `count` counts those of one carton: that is the work.
pub async fn take_stock(cartons: usize, count: &dyn Fn(usize) -> u32) -> u32 {
    let mut all = 0;
    //: solution
    let mut since = 0;
    for carton in 0..cartons {
        let pieces = count(carton);
        all += pieces;
        since += pieces;
        if since >= OFTEN {
            since = 0;
            task::yield_now().await;
        }
    }
    //: starter
    //| for carton in 0..cartons {
    //|     all += count(carton);
    //| }
    //: end
    all
}
