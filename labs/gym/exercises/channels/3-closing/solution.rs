//! A signal without data: the shop closes. It is announced once, and heard by all.

//: solution
use gym::sync::watch;
//: starter
//| use gym::sync::Notify;
//| use gym::sync::atomic::{AtomicBool, Ordering};
//: end

/// Whether the shop closes, and who wants to know.
pub struct Closing {
    //: solution
    closed: watch::Sender<bool>,
    //: starter
    //| closed: AtomicBool,
    //| bell: Notify,
    //: end
}

impl Closing {
    /// The shop is open.
    pub fn new() -> Closing {
        Closing {
            //: solution
            closed: watch::Sender::new(false),
            //: starter
            //| closed: AtomicBool::new(false),
            //| bell: Notify::new(),
            //: end
        }
    }

    /// Says that the shop closes. Saying it again changes nothing.
    pub fn announce(&self) {
        //: solution
        self.closed.send_replace(true);
        //: starter
        //| self.closed.store(true, Ordering::SeqCst);
        //| self.bell.notify_waiters();
        //: end
    }

    /// Waits until the shop closes; returns at once if it does already.
    pub async fn announced(&self) {
        //: solution
        // It can't fail: the sender is `self`.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
        //: starter
        //| if !self.closed.load(Ordering::SeqCst) {
        //|     self.bell.notified().await;
        //| }
        //: end
    }
}
