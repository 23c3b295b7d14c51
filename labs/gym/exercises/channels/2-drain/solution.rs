//! Closing time: nothing more is taken, and all that was taken is packed.

use gym::sync::mpsc;

/// Takes no further order, packs those that were accepted, and returns them.
pub async fn close(mut orders: mpsc::Receiver<u32>) -> Vec<u32> {
    let mut packed = Vec::new();
    //: solution
    orders.close();
    while let Some(order) = orders.recv().await {
        packed.push(order);
    }
    //: starter
    //| // Everything that lies on the shelf now. Is that everything that was accepted?
    //| while let Ok(order) = orders.try_recv() {
    //|     packed.push(order);
    //| }
    //: end
    packed
}
