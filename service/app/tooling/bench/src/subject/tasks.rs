//! Tasks that wait, in ways that differ and a few calls deep, as those of a service do.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

/// Starts so many.
pub(super) fn start(count: usize) {
    for number in 0..count {
        match number % 3 {
            0 => drop(sync::spawn("session", session(number))),
            1 => drop(sync::spawn("subscriber", subscriber())),
            _ => drop(sync::spawn("job", job())),
        }
    }
}

async fn session(number: usize) {
    loop {
        next_heartbeat(number).await;
    }
}

async fn next_heartbeat(number: usize) {
    // Far apart: tasks that wait are measured, not tasks that work.
    tokio::time::sleep(Duration::from_secs(3_600 + number as u64)).await;
}

async fn subscriber() {
    let (sender, mut messages) = mpsc::channel::<u64>(1);
    while next_message(&mut messages).await.is_some() {}
    drop(sender);
}

async fn next_message(messages: &mut mpsc::Receiver<u64>) -> Option<u64> {
    messages.recv().await
}

async fn job() {
    let (answer, answered) = oneshot::channel::<()>();
    let _never = wait_for(answered).await;
    drop(answer);
}

async fn wait_for(answered: oneshot::Receiver<()>) -> Option<()> {
    answered.await.ok()
}
