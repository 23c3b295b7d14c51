//! What a label promises, and what its task owes to others.

use super::exercise::{Printer, label};
use gym::time::{self, Duration, Instant};
use gym::{Check, expect, note, task};
use std::sync::Arc;

const WARM: Duration = Duration::from_millis(12);

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("a label is printed when the printer is warm", warm)
        .case("others go on meanwhile", bell)
}

async fn warm() {
    let began = Instant::now();
    let printer = Printer::warm_after(WARM);
    let label = label(7, &printer).await;
    let took = began.elapsed();
    let late = took.saturating_sub(WARM);
    expect(
        label == "To the customer of order 7",
        "the label of order 7",
        || format!("{label:?}"),
        "What is printed does not change.",
    );
    expect(
        printer.is_ready(),
        "no label before the printer is warm",
        || format!("after {took:?} a label was printed, and the printer was still cold"),
        "Waiting once is not enough: ask again until it is ready.",
    );
    expect(
        late <= Duration::from_millis(5),
        "the printer is asked every 5 ms",
        || format!("the label came {late:?} after the printer was warm"),
        "Wait no longer than `AGAIN` before you ask again.",
    );
}

async fn bell() {
    let printer = Arc::new(Printer::warm_after(WARM));
    let packers = [1, 2].map(|order| {
        let printer = Arc::clone(&printer);
        task::spawn_named(format!("packer {order}"), async move {
            label(order, &printer).await
        })
    });
    let bell = task::spawn_named("bell", async move {
        let rung = Instant::now();
        time::sleep(Duration::from_millis(1)).await;
        note("goes to the door");
        rung.elapsed()
    });
    for waited in task::join_all([bell]).await {
        expect(
            waited == Ok(Duration::from_millis(1)),
            "the bell is heard while the printer warms up",
            || format!("{waited:?}"),
            "Something stands between the bell and its turn.",
        );
    }
    task::join_all(packers).await;
}
