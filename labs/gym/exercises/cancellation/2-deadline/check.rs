//! One budget for all steps.

use super::exercise::{Late, place};
use gym::time::{Instant, sleep};
use gym::{Check, expect};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const BUDGET: Duration = Duration::from_millis(200);

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("what is done in time succeeds", in_time)
        .case("both steps share one budget", shared)
        .case("each step is told the same moment", told)
        .case("what is late already is not begun", not_begun)
}

async fn in_time() {
    let placed = place(BUDGET, takes(80), takes(80)).await;
    expect(
        placed == Ok(()),
        "`Ok(())`",
        || format!("{placed:?}"),
        "Two steps of 80 ms fit into 200.",
    );
}

async fn shared() {
    let began = Instant::now();
    let placed = place(BUDGET, takes(150), takes(150)).await;
    expect(
        placed == Err(Late),
        "`Err(Late)`",
        || format!("{placed:?} after {:?}", began.elapsed()),
        "Each step took less than the budget, and both together took more. The client has left by now.",
    );
    expect(
        began.elapsed() == BUDGET,
        "the answer after 200 ms, when the budget is spent",
        || format!("after {:?}", began.elapsed()),
        "A budget that each step gets anew grows with the number of steps.",
    );
}

async fn told() {
    let moments = Arc::new(Mutex::new(Vec::new()));
    let note = |moments: Arc<Mutex<Vec<Instant>>>| {
        async move |until: Instant| {
            moments.lock().expect("nobody panics").push(until);
            sleep(Duration::from_millis(50)).await;
        }
    };
    let began = Instant::now();
    let _ = place(
        BUDGET,
        note(Arc::clone(&moments)),
        note(Arc::clone(&moments)),
    )
    .await;
    let until: Vec<Duration> = moments
        .lock()
        .expect("nobody panics")
        .iter()
        .map(|moment| moment.duration_since(began))
        .collect();
    expect(
        until == [BUDGET, BUDGET],
        "both steps are told: until 200 ms after the start",
        || format!("until {until:?} after the start"),
        "A step that is told a later moment goes on working for somebody who has gone.",
    );
}

async fn not_begun() {
    let paid = Arc::new(Mutex::new(false));
    let seen = Arc::clone(&paid);
    let placed = place(BUDGET, takes(300), async move |_| {
        *seen.lock().expect("nobody panics") = true;
    })
    .await;
    let paid = *paid.lock().expect("nobody panics");
    expect(
        placed == Err(Late) && !paid,
        "`Err(Late)`, and no payment",
        || {
            format!(
                "{placed:?}, {}",
                if paid {
                    "and the payment was taken"
                } else {
                    "no payment"
                }
            )
        },
        "The goods could not be reserved in time. The client is told so, and pays for it.",
    );
}

fn takes(millis: u64) -> impl AsyncFnOnce(Instant) {
    async move |_until: Instant| sleep(Duration::from_millis(millis)).await
}
