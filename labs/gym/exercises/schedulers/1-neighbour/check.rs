//! What a long computation owes to its neighbours.

use super::exercise::{OFTEN, take_stock};
use gym::{Check, expect, note, task};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;

/// The largest carton.
const MOST: u32 = 40;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("others have a turn in time", in_time)
        .case("no more turns than needed", not_more)
}

/// Takes stock of these cartons, and gives how many pieces there were and in how many turns.
async fn stock(cartons: &[u32]) -> (u32, u32) {
    let (since, turns) = (Cell::new(0), Cell::new(0));
    let count = |carton: usize| {
        since.set(since.get() + cartons[carton]);
        note(format!(
            "counts carton {}: {} pieces",
            carton + 1,
            cartons[carton]
        ));
        expect(
            since.get() < OFTEN + MOST,
            "others have a turn as soon as 50 pieces were counted",
            || {
                format!(
                    "{} pieces were counted, and nobody else had a turn",
                    since.get()
                )
            },
            "Until `poll` returns, the bell, the timers and every other task of this worker wait.",
        );
        cartons[carton]
    };
    let mut stock = pin!(take_stock(cartons.len(), &count));
    let all = poll_fn(|context| {
        since.set(0);
        turns.set(turns.get() + 1);
        stock.as_mut().poll(context)
    })
    .await;
    (all, turns.get())
}

async fn in_time() {
    let bell = task::spawn_named("bell", async { note("goes to the door") });
    let cartons = [40, 5, 40, 40, 1, 40, 40, 40, 40, 40, 40, 40];
    let (all, _) = stock(&cartons).await;
    right(all, &cartons);
    task::join_all([bell]).await;
}

async fn not_more() {
    let cartons = [1; 120];
    let (all, turns) = stock(&cartons).await;
    right(all, &cartons);
    expect(
        turns <= 3,
        "120 pieces in three turns",
        || format!("{turns} turns"),
        "Each turn puts the task at the end of the queue: it waits for all that are there. Yield when 50 pieces were counted, not earlier.",
    );
}

fn right(all: u32, cartons: &[u32]) {
    let sum: u32 = cartons.iter().sum();
    expect(
        all == sum,
        "every piece is counted once",
        || format!("{all} of {sum} pieces"),
        "",
    );
}
