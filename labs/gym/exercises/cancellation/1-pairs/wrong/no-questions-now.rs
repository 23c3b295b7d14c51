//! Once the first order is there, nobody may interrupt until the second one is.

use gym::select;
use gym::sync::{mpsc, oneshot};

/// Packs orders in pairs until no more come.
pub async fn pack(
    mut orders: mpsc::Receiver<u32>,
    mut questions: mpsc::Receiver<oneshot::Sender<usize>>,
) -> Vec<(u32, u32)> {
    let mut parcels = Vec::new();
    loop {
        select! {
            first = orders.recv() => {
                let second = orders.recv().await;
                match (first, second) {
                    (Some(first), Some(second)) => parcels.push((first, second)),
                    _ => return parcels,
                }
            }
            Some(answer) = questions.recv() => {
                let _ = answer.send(parcels.len());
            }
        }
    }
}
