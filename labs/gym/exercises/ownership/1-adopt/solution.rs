//! Letters with an owner: the shop does not wait for them when it confirms an order, and knows what became of them when it
//! closes.
//!
//! `gym::task::TaskTracker` and `gym::sync::CancellationToken` are those of `tokio_util`.

//: solution
use gym::sync::{CancellationToken, mpsc};
use gym::task::TaskTracker;
use gym::time::timeout;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
//: starter
//| use gym::sync::mpsc;
//| use gym::task;
//: end
use std::time::Duration;

/// A shop that sends a letter for each order.
pub struct Shop {
    post: mpsc::Sender<u32>,
    //: solution
    letters: TaskTracker,
    closing: CancellationToken,
    given_up: Arc<AtomicUsize>,
    //: starter
    //: end
}

impl Shop {
    /// Opens it; letters go to `post`.
    pub fn open(post: mpsc::Sender<u32>) -> Shop {
        //: solution
        Shop {
            post,
            letters: TaskTracker::new(),
            closing: CancellationToken::new(),
            given_up: Arc::default(),
        }
        //: starter
        //| Shop { post }
        //: end
    }

    /// Confirms an order at once. Its letter goes to the post meanwhile.
    pub fn confirm(&self, order: u32) {
        let post = self.post.clone();
        //: solution
        let (closing, given_up) = (self.closing.clone(), Arc::clone(&self.given_up));
        self.letters.spawn(async move {
            let sent = closing.run_until_cancelled(post.send(order)).await;
            if !matches!(sent, Some(Ok(()))) {
                given_up.fetch_add(1, SeqCst);
            }
        });
        //: starter
        //| task::spawn(async move { post.send(order).await });
        //: end
    }

    /// Closes it: waits for letters that are under way, but not longer than `patience`. What is not sent by then never will be;
    /// says how many that are.
    pub async fn close(self, patience: Duration) -> usize {
        //: solution
        self.letters.close();
        if timeout(patience, self.letters.wait()).await.is_err() {
            self.closing.cancel();
            self.letters.wait().await;
        }
        self.given_up.load(SeqCst)
        //: starter
        //| let _ = patience;
        //| 0
        //: end
    }
}
