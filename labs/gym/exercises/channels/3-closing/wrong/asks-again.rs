//! Looks at the flag after each call, and still has a gap between looking and listening.

use gym::sync::Notify;
use gym::sync::atomic::{AtomicBool, Ordering};

pub struct Closing {
    closed: AtomicBool,
    bell: Notify,
}

impl Closing {
    pub fn new() -> Closing {
        Closing {
            closed: AtomicBool::new(false),
            bell: Notify::new(),
        }
    }

    pub fn announce(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            self.bell.notify_waiters();
        }
    }

    pub async fn announced(&self) {
        while !self.closed.load(Ordering::SeqCst) {
            self.bell.notified().await;
        }
    }
}
