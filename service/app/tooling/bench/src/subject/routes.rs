//! What requests do.

use std::hint::black_box;
use std::time::Duration;

use serde::Serialize;
use web::{ApiError, Json};

/// What every request answers.
#[derive(Debug, Serialize)]
pub(super) struct Done {
    sum: u64,
}

/// About as much as a small handler does: some tens of microseconds and kilobytes.
pub(super) async fn work() -> Json<Done> {
    Json(Done { sum: effort() })
}

/// As a handler that asks a store.
pub(super) async fn wait() -> Json<Done> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    work().await
}

pub(super) async fn panic() -> Json<Done> {
    let nothing: Option<u64> = black_box(None);
    Json(Done {
        sum: nothing.expect("a panic that is meant"),
    })
}

pub(super) async fn thread() -> Result<Json<Done>, ApiError> {
    let (done, sum) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("short".to_owned())
        .spawn(move || done.send(effort()))
        .map_err(|error| ApiError::internal(format_args!("no thread: {error}")))?;
    let sum = sum
        .await
        .map_err(|error| ApiError::internal(format_args!("the thread: {error}")))?;
    Ok(Json(Done { sum }))
}

fn effort() -> u64 {
    let mut kept = Vec::new();
    for size in (4..14).map(|power| 1_usize << power) {
        let block: Vec<u64> = (0..size as u64 / 8).map(black_box).collect();
        kept.push(block);
    }
    kept.iter().flatten().copied().fold(0, u64::wrapping_add)
}
