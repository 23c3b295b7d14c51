//! Another task, and still a worker's thread.

use gym::task;
use std::sync::Arc;

/// What blocks: the record of an order.
type LookUp = dyn Fn(u32) -> String + Send + Sync;

/// The archive, for tasks.
pub struct Archive {
    look_up: Arc<LookUp>,
}

impl Archive {
    pub fn new(
        _ladders: usize,
        look_up: impl Fn(u32) -> String + Send + Sync + 'static,
    ) -> Archive {
        Archive {
            look_up: Arc::new(look_up),
        }
    }

    /// The record of an order.
    pub async fn find(&self, order: u32) -> String {
        let look_up = Arc::clone(&self.look_up);
        let call = task::spawn(async move { look_up(order) });
        call.await.expect("looking up does not panic")
    }
}
