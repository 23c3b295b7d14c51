//! Selling what is on the shelf. Both ways of it are safe Rust, and the compiler has nothing against either.
//!
//! This file is compiled twice. Its `super` decides what a lock is: in `real.rs` one of tokio's kind, in `model.rs` one
//! that the model checker controls. So what is checked is what runs.

use std::sync::Arc;

use super::{Mutex, note, pause};

/// A shelf, and how it is bought from.
#[derive(Clone)]
pub(crate) struct Shop {
    stock: Arc<Mutex<i64>>,
    code: Code,
}

/// How to buy: what the knobs choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// How often a buyer takes the lock: 2, to look and to take, or 1 for both.
    pub(crate) locks: u8,
    /// Where a buyer lets others go first.
    pub(crate) pause: u8,
}

/// No pause anywhere is 0.
const BEFORE: u8 = 1;
const BETWEEN: u8 = 2;
const AFTER: u8 = 3;

impl Shop {
    pub(crate) fn new(stock: i64, code: Code) -> Self {
        let stock = Arc::new(Mutex::new("stock", stock));
        Self { stock, code }
    }

    /// Buys one piece. True if the buyer has one.
    pub(crate) async fn buy(self) -> bool {
        self.pause(BEFORE).await;
        let bought = if self.code.locks == 1 {
            self.look_and_take().await
        } else {
            self.look_then_take().await
        };
        self.pause(AFTER).await;
        bought
    }

    // ANCHOR: look_then_take
    async fn look_then_take(&self) -> bool {
        let left = *self.stock.lock().await; // locked, read, and let go
        note(|| format!("sees {left}"));
        self.pause(BETWEEN).await;
        if left < 1 {
            return false;
        }
        *self.stock.lock().await -= 1; // locked again, for what was seen before
        note(|| "takes one".to_owned());
        true
    }
    // ANCHOR_END: look_then_take

    // ANCHOR: look_and_take
    async fn look_and_take(&self) -> bool {
        let mut stock = self.stock.lock().await; // kept until the end
        note(|| format!("locks, sees {stock}", stock = *stock));
        self.pause(BETWEEN).await;
        if *stock < 1 {
            return false;
        }
        *stock -= 1;
        note(|| "takes one, lets go".to_owned());
        true
    }
    // ANCHOR_END: look_and_take

    async fn pause(&self, here: u8) {
        if self.code.pause == here {
            pause().await;
        }
    }
}
