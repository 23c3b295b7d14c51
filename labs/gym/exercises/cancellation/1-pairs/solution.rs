//! A packer who puts two orders into each parcel, and answers questions meanwhile.
//!
//! `select!` drops the futures of the branches that lost. What had they done by then?

use gym::select;
use gym::sync::{mpsc, oneshot};

/// Packs orders in pairs until no more come. Whoever asks is told at once how many parcels there are so far.
pub async fn pack(
    mut orders: mpsc::Receiver<u32>,
    mut questions: mpsc::Receiver<oneshot::Sender<usize>>,
) -> Vec<(u32, u32)> {
    let mut parcels = Vec::new();
    //: solution
    // Outside of every future that `select!` drops.
    let mut waiting = None;
    //: starter
    //: end
    loop {
        select! {
            //: solution
            order = orders.recv() => match (order, waiting.take()) {
                (Some(second), Some(first)) => parcels.push((first, second)),
                (Some(first), None) => waiting = Some(first),
                (None, _) => return parcels,
            },
            //: starter
            //| parcel = pair(&mut orders) => match parcel {
            //|     Some(parcel) => parcels.push(parcel),
            //|     None => return parcels,
            //| },
            //: end
            Some(answer) = questions.recv() => {
                // Whoever asked may have left.
                let _ = answer.send(parcels.len());
            }
        }
    }
}
//: starter
//|
//| /// The next two orders.
//| async fn pair(orders: &mut mpsc::Receiver<u32>) -> Option<(u32, u32)> {
//|     let first = orders.recv().await?;
//|     let second = orders.recv().await?;
//|     Some((first, second))
//| }
//: end
