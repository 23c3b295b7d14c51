//! Holds both locks, and each function takes them in the order in which it needs them.

use gym::sync::Mutex;

pub struct Goods {
    shelf: Mutex<u32>,
    sold: Mutex<u32>,
}

impl Goods {
    pub fn new(pieces: u32) -> Goods {
        Goods {
            shelf: Mutex::new(pieces),
            sold: Mutex::new(0),
        }
    }

    pub async fn sell(&self, pieces: u32) -> bool {
        let mut shelf = self.shelf.lock().await;
        if *shelf < pieces {
            return false;
        }
        let mut sold = self.sold.lock().await;
        *shelf -= pieces;
        *sold += pieces;
        true
    }

    pub async fn take_back(&self) {
        let mut sold = self.sold.lock().await;
        let mut shelf = self.shelf.lock().await;
        *sold -= 1;
        *shelf += 1;
    }

    pub async fn counts(&self) -> (u32, u32) {
        let shelf = self.shelf.lock().await;
        let sold = self.sold.lock().await;
        (*shelf, *sold)
    }
}
