//! The code of the lab `races`, explored here as well as by the lab's own checker.

use super::{explored, fault, options};
use gym::sync::MutexGuard;
use gym::task::{self, yield_now as pause};
use gym::{Check, FaultKind, expect};

/// The lab's locks have names.
struct Mutex<T>(gym::sync::Mutex<T>);

impl<T> Mutex<T> {
    fn new(_name: &'static str, value: T) -> Self {
        Self(gym::sync::Mutex::new(value))
    }

    async fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().await
    }
}

fn note(text: impl FnOnce() -> String) {
    gym::note(text());
}

#[path = "../../../races/src/shop.rs"]
mod shop;

use shop::{Code, Shop};

/// Two buyers of the last piece.
fn last_piece(locks: u8) -> Check {
    Check::new().case("the last piece is sold once", move || async move {
        let shop = Shop::new(1, Code { locks, pause: 2 });
        let buyers = ["buyer 1", "buyer 2"].map(|name| task::spawn_named(name, shop.clone().buy()));
        let sold = task::join_all(buyers).await;
        let sold = sold.iter().filter(|sold| **sold == Ok(true)).count();
        expect(sold == 1, "1 sold", || format!("{sold} sold"), "");
    })
}

#[test]
fn look_and_take_under_one_lock_holds_in_all_schedules() {
    let said = explored(&last_piece(1));
    assert!(said.starts_with("all "), "{said}");
}

#[test]
fn look_then_take_sells_the_last_piece_twice() {
    let verdict = last_piece(2).run(&options());
    assert_eq!(fault(&verdict), (FaultKind::Expectation, "2 sold"));
}
