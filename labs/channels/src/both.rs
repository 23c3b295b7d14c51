//! Two sources of orders, until both have closed.
//!
//! The channel and `select!` come from `super::prims`: tokio's in the program, and the explorer's in
//! the test that tries every order of steps (`labs/gym/tests/all/labs.rs`).

use super::prims::{mpsc, select};

/// Takes orders until no more will come, and tells `take` from where and which.
pub(crate) async fn both(
    mut web: mpsc::Receiver<u32>,
    mut phone: mpsc::Receiver<u32>,
    mut take: impl FnMut(&str, u32),
) {
    // ANCHOR: select
    let (mut web_open, mut phone_open) = (true, true);
    while web_open || phone_open {
        select! {
            // `, if` switches a branch off, as assigning nil does in Go.
            order = web.recv(), if web_open => match order {
                Some(number) => take("web", number),
                None => web_open = false,
            },
            order = phone.recv(), if phone_open => match order {
                Some(number) => take("phone", number),
                None => phone_open = false,
            },
        }
    }
    // ANCHOR_END: select
}
