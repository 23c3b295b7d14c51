//! Looks at orders first, whenever it looks. It is interrupted nevertheless.

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
            biased;
            parcel = pair(&mut orders) => match parcel {
                Some(parcel) => parcels.push(parcel),
                None => return parcels,
            },
            Some(answer) = questions.recv() => {
                let _ = answer.send(parcels.len());
            }
        }
    }
}

/// The next two orders.
async fn pair(orders: &mut mpsc::Receiver<u32>) -> Option<(u32, u32)> {
    let first = orders.recv().await?;
    let second = orders.recv().await?;
    Some((first, second))
}
