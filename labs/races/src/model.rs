//! The same shop under the model checker: every order of its steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use races::explore::{Case, Explored, Mutex, every_order, note, pause};

#[allow(clippy::duplicate_mod, reason = "the same text, on other locks")]
#[path = "shop.rs"]
mod shop;

use shop::{Code, Shop};

/// More orders than this are not tried: they take about a second.
pub(crate) const MOST: u64 = 200_000;

/// Tries every order in which the buyers' steps can happen.
pub(crate) fn explore(buyers: usize, stock: i64, (locks, pause): (u8, u8)) -> Explored {
    let code = Code { locks, pause };
    every_order(MOST, || {
        let shop = Shop::new(stock, code);
        let sold = Arc::new(AtomicI64::new(0));
        let mut case = Case::new();
        for number in 1..=buyers {
            let (buying, sold) = (shop.clone().buy(), Arc::clone(&sold));
            case.task(format!("buyer {number}"), async move {
                // Counted beside the locks: it is no step.
                sold.fetch_add(i64::from(buying.await), Ordering::Relaxed);
            });
        }
        case.finally(move || match sold.load(Ordering::Relaxed) {
            sold if sold <= stock => Ok(()),
            sold => Err(format!("{sold} sold, and there was {stock}")),
        })
    })
}
