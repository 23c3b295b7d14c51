//! Has a place for one parcel that is early.

use gym::sync::mpsc;

/// Hands parcels on in the order of their numbers.
pub async fn in_order(mut parcels: mpsc::Receiver<(u32, String)>, out: mpsc::Sender<String>) {
    let (mut next, mut early) = (1, None);
    while let Some((number, parcel)) = parcels.recv().await {
        if number != next {
            early = Some(parcel);
            continue;
        }
        next += 1;
        if out.send(parcel).await.is_err() {
            return;
        }
        if let Some(parcel) = early.take() {
            next += 1;
            if out.send(parcel).await.is_err() {
                return;
            }
        }
    }
}
