//! In order, nothing lost, and no later than need be.

use super::exercise::in_order;
use gym::sync::mpsc::{self, Receiver, Sender};
use gym::{Check, expect, task};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("in the order of their numbers", ordered)
        .when_stuck("All parcels are there and the channel is closed; the last stage should end.")
        .case("several may be early", several)
        .when_stuck("All parcels are there and the channel is closed; the last stage should end.")
        .case("each as soon as it can go", at_once)
        .when_stuck("Parcel 1 is there and could go. Whoever waits for it waits in vain, because you wait for parcels that come later.")
        .case("it ends when nobody takes them", nobody)
        .when_stuck("Nobody takes parcels any more, and the last stage goes on.")
}

fn parcel(number: u32) -> (u32, String) {
    (number, format!("parcel {number}"))
}

fn stage() -> (
    Sender<(u32, String)>,
    Receiver<String>,
    task::JoinHandle<()>,
) {
    let (packed, parcels) = mpsc::channel(4);
    let (out, labelled) = mpsc::channel(4);
    let stage = task::spawn_named("in order", in_order(parcels, out));
    (packed, labelled, stage)
}

async fn check_order(numbers: &[u32], why: &str) {
    let (packed, mut labelled, stage) = stage();
    for number in numbers {
        let _ = packed.send(parcel(*number)).await;
    }
    drop(packed);
    task::join_all([stage]).await;
    let mut out = Vec::new();
    while let Some(parcel) = labelled.recv().await {
        out.push(parcel);
    }
    let right: Vec<String> = (1..)
        .map(|number| parcel(number).1)
        .take(numbers.len())
        .collect();
    expect(
        out == right,
        &format!("{right:?}"),
        || format!("{out:?}"),
        why,
    );
}

async fn ordered() {
    check_order(
        &[2, 1],
        "Parcel 2 was packed first. Those who come early have to wait for their turn.",
    )
    .await;
}

async fn several() {
    check_order(&[3, 2, 4, 1], "More than one parcel can be early. Each needs a place to wait, and when its turn comes, others may be next at once.").await;
}

async fn at_once() {
    let (packed, mut labelled, stage) = stage();
    let _ = packed.send(parcel(1)).await;
    let first = labelled.recv().await;
    expect(
        first == Some(parcel(1).1),
        "parcel 1",
        || format!("{first:?}"),
        "It is the next one, and nobody is before it.",
    );
    drop(packed);
    task::join_all([stage]).await;
}

async fn nobody() {
    let (packed, labelled, stage) = stage();
    drop(labelled);
    let _ = packed.send(parcel(1)).await;
    task::join_all([stage]).await;
    expect(
        packed.send(parcel(2)).await.is_err(),
        "the stage is over, and its channel closed",
        || "it still takes parcels".to_owned(),
        "What nobody takes need not be packed: a stage that ends tells the one before it, by dropping its receiver.",
    );
}
