//! The archive: looking something up blocks a thread, and takes a ladder.
//!
//! `gym::task` is `tokio::task` and `gym::sync` is `tokio::sync` for exercises: the same names, the same behaviour.

//: solution
use gym::sync::Semaphore;
use gym::task;
//: end
use std::sync::Arc;

/// What blocks: the record of an order.
type LookUp = dyn Fn(u32) -> String + Send + Sync;

/// The archive, for tasks.
pub struct Archive {
    look_up: Arc<LookUp>,
    //: solution
    ladders: Arc<Semaphore>,
    //: starter
    //| ladders: usize,
    //: end
}

impl Archive {
    pub fn new(ladders: usize, look_up: impl Fn(u32) -> String + Send + Sync + 'static) -> Archive {
        Archive {
            look_up: Arc::new(look_up),
            //: solution
            ladders: Arc::new(Semaphore::new(ladders)),
            //: starter
            //| ladders,
            //: end
        }
    }

    /// The record of an order.
    pub async fn find(&self, order: u32) -> String {
        //: solution
        let ladder = Arc::clone(&self.ladders)
            .acquire_owned()
            .await
            .expect("the ladders stay");
        let look_up = Arc::clone(&self.look_up);
        let call = task::spawn_blocking(move || {
            let record = look_up(order);
            // The ladder belongs to the call, not to whoever waits for it.
            drop(ladder);
            record
        });
        call.await.expect("looking up does not panic")
        //: starter
        //| // Whose thread is this? And who counts the ladders?
        //| let _ = self.ladders;
        //| (self.look_up)(order)
        //: end
    }
}
