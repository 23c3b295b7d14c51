//! Remembers one call, for one listener.

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
        self.bell.notify_one();
    }

    pub async fn announced(&self) {
        self.bell.notified().await;
    }
}
