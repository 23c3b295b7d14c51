//! Holds a lock from looking to taking, but who counts knows nothing of it.

use gym::sync::Mutex;

pub struct Goods {
    till: Mutex<()>,
    shelf: Mutex<u32>,
    sold: Mutex<u32>,
}

impl Goods {
    pub fn new(pieces: u32) -> Goods {
        Goods {
            till: Mutex::new(()),
            shelf: Mutex::new(pieces),
            sold: Mutex::new(0),
        }
    }

    pub async fn sell(&self, pieces: u32) -> bool {
        let _till = self.till.lock().await;
        if *self.shelf.lock().await < pieces {
            return false;
        }
        *self.shelf.lock().await -= pieces;
        *self.sold.lock().await += pieces;
        true
    }

    pub async fn take_back(&self) {
        let _till = self.till.lock().await;
        *self.sold.lock().await -= 1;
        *self.shelf.lock().await += 1;
    }

    pub async fn counts(&self) -> (u32, u32) {
        let shelf = *self.shelf.lock().await;
        (shelf, *self.sold.lock().await)
    }
}
