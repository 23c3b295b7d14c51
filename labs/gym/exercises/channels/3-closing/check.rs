//! What closing time promises.

use super::exercise::Closing;
use gym::{Check, note, task};
use std::sync::Arc;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("who comes late hears it too", late)
        .when_stuck("It was announced before anybody waited, and nobody remembers: a call reaches only those who listen.")
        .case("one who waits hears it", one)
        .when_stuck(
            "The announcement came just before the packer began to listen, and after it had looked: it was neither seen nor heard, \
             and there is no second one.",
        )
        .case("everybody hears it", everybody)
        .when_stuck("Two wait, and the announcement woke one of them.")
        .case("twice is once", twice)
        .when_stuck("The second announcement has undone the first.")
}

fn wait(name: &'static str, closing: &Arc<Closing>) -> task::JoinHandle<()> {
    let closing = Arc::clone(closing);
    task::spawn_named(name, async move {
        closing.announced().await;
        note("goes home");
    })
}

async fn late() {
    let closing = Arc::new(Closing::new());
    closing.announce();
    task::join_all([wait("packer", &closing)]).await;
}

async fn one() {
    let closing = Arc::new(Closing::new());
    let packer = wait("packer", &closing);
    closing.announce();
    task::join_all([packer]).await;
}

async fn everybody() {
    let closing = Arc::new(Closing::new());
    let packers = [wait("packer 1", &closing), wait("packer 2", &closing)];
    closing.announce();
    task::join_all(packers).await;
}

async fn twice() {
    let closing = Arc::new(Closing::new());
    let packer = wait("packer", &closing);
    closing.announce();
    closing.announce();
    task::join_all([packer, wait("latecomer", &closing)]).await;
}
