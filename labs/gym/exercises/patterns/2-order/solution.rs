//! Parcels come from several packers, in any order, and leave in the order of their numbers.

use gym::sync::mpsc;
//: solution
use std::collections::BTreeMap;
//: starter
//: end

/// Takes parcels, numbered from 1, and hands them on in the order of their numbers, each as soon as that is possible.
pub async fn in_order(mut parcels: mpsc::Receiver<(u32, String)>, out: mpsc::Sender<String>) {
    //: solution
    let (mut next, mut early) = (1, BTreeMap::new());
    //: starter
    //: end
    while let Some((number, parcel)) = parcels.recv().await {
        //: solution
        early.insert(number, parcel);
        while let Some(parcel) = early.remove(&next) {
            next += 1;
            if out.send(parcel).await.is_err() {
                return;
            }
        }
        //: starter
        //| let _ = number;
        //| if out.send(parcel).await.is_err() {
        //|     return;
        //| }
        //: end
    }
}
