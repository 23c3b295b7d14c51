//! The last piece, sold once.

use gym::sync::Mutex;

/// One kind of goods: how many are on the shelf, and how many were sold.
pub struct Goods {
    //: solution
    counts: Mutex<Counts>,
    //: starter
    //| shelf: Mutex<u32>,
    //| sold: Mutex<u32>,
    //: end
}
//: solution

/// What has to agree stands under one lock.
struct Counts {
    shelf: u32,
    sold: u32,
}
//: starter
//: end

impl Goods {
    /// So many pieces on the shelf, and none sold.
    pub fn new(pieces: u32) -> Goods {
        //: solution
        let counts = Counts {
            shelf: pieces,
            sold: 0,
        };
        Goods {
            counts: Mutex::new(counts),
        }
        //: starter
        //| Goods {
        //|     shelf: Mutex::new(pieces),
        //|     sold: Mutex::new(0),
        //| }
        //: end
    }

    /// Sells `pieces`, if there are so many; says whether it did.
    pub async fn sell(&self, pieces: u32) -> bool {
        //: solution
        let mut counts = self.counts.lock().await;
        if counts.shelf < pieces {
            return false;
        }
        counts.shelf -= pieces;
        counts.sold += pieces;
        true
        //: starter
        //| let left = *self.shelf.lock().await;
        //| if left < pieces {
        //|     return false;
        //| }
        //| // Every access is under a lock. Is that enough?
        //| *self.shelf.lock().await = left - pieces;
        //| *self.sold.lock().await += pieces;
        //| true
        //: end
    }

    /// A customer brings a piece back.
    pub async fn take_back(&self) {
        //: solution
        let mut counts = self.counts.lock().await;
        counts.sold -= 1;
        counts.shelf += 1;
        //: starter
        //| *self.sold.lock().await -= 1;
        //| *self.shelf.lock().await += 1;
        //: end
    }

    /// How many are on the shelf, and how many were sold.
    pub async fn counts(&self) -> (u32, u32) {
        //: solution
        let counts = self.counts.lock().await;
        (counts.shelf, counts.sold)
        //: starter
        //| (*self.shelf.lock().await, *self.sold.lock().await)
        //: end
    }
}
