//! Events: what is told of, to whom, and what becomes of what nobody takes.
//!
//! - `publish`: the worker and its sinks, with consumers that are slow, hostile or gone
//! - `kill`: the program is killed again and again, and each event is applied once all the same
//! - `consumer`: a real HTTP server that applies each event once

mod consumer;
mod kill;
mod publish;

use std::time::Duration;

/// Longer than anything takes.
const DEADLINE: Duration = Duration::from_mins(2);

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let came = tokio::time::timeout(DEADLINE, wait).await;
    came.unwrap_or_else(|_| panic!("it never came: {what}"));
}
