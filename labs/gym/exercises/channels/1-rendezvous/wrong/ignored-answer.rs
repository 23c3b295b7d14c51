//! Waits for the answer, and takes its absence for one.

use gym::sync::{mpsc, oneshot};

/// Nobody will take the order any more.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

/// The end that hands orders over.
#[derive(Clone)]
pub struct Sender<T> {
    orders: mpsc::Sender<(T, oneshot::Sender<()>)>,
}

/// The end that takes them.
pub struct Receiver<T> {
    orders: mpsc::Receiver<(T, oneshot::Sender<()>)>,
}

/// A channel without a shelf.
pub fn rendezvous<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(1);
    (Sender { orders: sender }, Receiver { orders: receiver })
}

impl<T> Sender<T> {
    /// Waits until somebody has the order.
    pub async fn send(&self, order: T) -> Result<(), Closed> {
        let (answer, taken) = oneshot::channel();
        self.orders
            .send((order, answer))
            .await
            .map_err(|_| Closed)?;
        let _ = taken.await;
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Waits for an order; `None` when all senders are gone.
    pub async fn recv(&mut self) -> Option<T> {
        let (order, answer) = self.orders.recv().await?;
        // A sender that has given up waiting does not matter here: the order is taken.
        let _ = answer.send(());
        Some(order)
    }
}
