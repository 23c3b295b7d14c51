//! Two loops that read orders and listen for a bell meanwhile. One of them loses half an order when it rings.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Four bytes for each order, in two halves; the bell rings between them.
async fn write_orders(mut to: DuplexStream, bell: Sender<()>) {
    for order in ["book", "lamp", "vase"] {
        let (first, second) = order.split_at(2);
        if to.write_all(first.as_bytes()).await.is_err() || bell.send(()).await.is_err() {
            return;
        }
        // The bell has been heard when there is room for another ring.
        let Ok(heard) = bell.reserve().await else {
            return;
        };
        drop(heard);
        if to.write_all(second.as_bytes()).await.is_err() {
            return;
        }
    }
}

// ANCHOR: unsafe
/// When the bell rings, `select!` drops the future of `read_exact`, and with it what that
/// has read so far.
async fn forgetful(mut from: DuplexStream, mut bell: Receiver<()>) -> Vec<String> {
    let mut orders = Vec::new();
    loop {
        let mut order = [0; 4];
        tokio::select! {
            biased;
            read = from.read_exact(&mut order) => match read {
                Ok(_) => orders.push(String::from_utf8_lossy(&order).into_owned()),
                Err(_) => return orders,
            },
            Some(()) = bell.recv() => {}
        }
    }
}
// ANCHOR_END: unsafe

// ANCHOR: safe
/// What has been read stands outside of the future that is dropped. `read` reads something
/// or nothing.
async fn careful(mut from: DuplexStream, mut bell: Receiver<()>) -> Vec<String> {
    let mut orders = Vec::new();
    let (mut order, mut have) = ([0; 4], 0);
    loop {
        tokio::select! {
            biased;
            read = from.read(&mut order[have..]) => match read {
                Ok(0) | Err(_) => return orders,
                Ok(more) => have += more,
            },
            Some(()) = bell.recv() => {}
        }
        if have == order.len() {
            orders.push(String::from_utf8_lossy(&order).into_owned());
            have = 0;
        }
    }
}
// ANCHOR_END: safe

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let ((to, from), (ring, bell)) = (duplex(64), mpsc::channel(1));
    let (orders, ()) = tokio::join!(forgetful(from, bell), write_orders(to, ring));
    println!("forgetful: {orders:?}");
    let ((to, from), (ring, bell)) = (duplex(64), mpsc::channel(1));
    let (orders, ()) = tokio::join!(careful(from, bell), write_orders(to, ring));
    println!("careful: {orders:?}");
}
