//! Waits for all parcels and sorts them.

use gym::sync::mpsc;

/// Hands parcels on in the order of their numbers.
pub async fn in_order(mut parcels: mpsc::Receiver<(u32, String)>, out: mpsc::Sender<String>) {
    let mut all = Vec::new();
    while let Some(parcel) = parcels.recv().await {
        all.push(parcel);
    }
    all.sort_unstable();
    for (_, parcel) in all {
        if out.send(parcel).await.is_err() {
            return;
        }
    }
}
