//! The permit is the future's: dropped with it, while the call goes on.

use gym::sync::Semaphore;
use gym::task;
use std::sync::Arc;

/// What blocks: the record of an order.
type LookUp = dyn Fn(u32) -> String + Send + Sync;

/// The archive, for tasks.
pub struct Archive {
    look_up: Arc<LookUp>,
    ladders: Semaphore,
}

impl Archive {
    pub fn new(ladders: usize, look_up: impl Fn(u32) -> String + Send + Sync + 'static) -> Archive {
        Archive {
            look_up: Arc::new(look_up),
            ladders: Semaphore::new(ladders),
        }
    }

    /// The record of an order.
    pub async fn find(&self, order: u32) -> String {
        let _ladder = self.ladders.acquire().await.expect("the ladders stay");
        let look_up = Arc::clone(&self.look_up);
        let call = task::spawn_blocking(move || look_up(order));
        call.await.expect("looking up does not panic")
    }
}
