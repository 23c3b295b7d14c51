//! Subtracts under the lock what is there now, after looking under another turn of the same lock.

use gym::sync::Mutex;

pub struct Goods {
    counts: Mutex<(u32, u32)>,
}

impl Goods {
    pub fn new(pieces: u32) -> Goods {
        Goods {
            counts: Mutex::new((pieces, 0)),
        }
    }

    pub async fn sell(&self, pieces: u32) -> bool {
        if self.counts.lock().await.0 < pieces {
            return false;
        }
        let mut counts = self.counts.lock().await;
        counts.0 = counts.0.saturating_sub(pieces);
        counts.1 += pieces;
        true
    }

    pub async fn take_back(&self) {
        let mut counts = self.counts.lock().await;
        *counts = (counts.0 + 1, counts.1 - 1);
    }

    pub async fn counts(&self) -> (u32, u32) {
        *self.counts.lock().await
    }
}
