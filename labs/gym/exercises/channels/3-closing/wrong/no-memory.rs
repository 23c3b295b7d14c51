//! Calls all who listen, and forgets it.

use gym::sync::Notify;

pub struct Closing {
    bell: Notify,
}

impl Closing {
    pub fn new() -> Closing {
        Closing {
            bell: Notify::new(),
        }
    }

    pub fn announce(&self) {
        self.bell.notify_waiters();
    }

    pub async fn announced(&self) {
        self.bell.notified().await;
    }
}
