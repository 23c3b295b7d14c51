//! One bell for all writers: it rings, and whoever waits first believes that it was meant.

use gym::sync::{Notify, mpsc};
use std::sync::Arc;

#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

pub struct Sender<T> {
    orders: mpsc::Sender<T>,
    taken: Arc<Notify>,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender {
            orders: self.orders.clone(),
            taken: Arc::clone(&self.taken),
        }
    }
}

pub struct Receiver<T> {
    orders: mpsc::Receiver<T>,
    taken: Arc<Notify>,
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // Nobody waits for ever, at least.
        self.orders.close();
        self.taken.notify_one();
    }
}

pub fn rendezvous<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(1);
    let taken = Arc::new(Notify::new());
    let bell = Arc::clone(&taken);
    (
        Sender {
            orders: sender,
            taken,
        },
        Receiver {
            orders: receiver,
            taken: bell,
        },
    )
}

impl<T> Sender<T> {
    pub async fn send(&self, order: T) -> Result<(), Closed> {
        self.orders.send(order).await.map_err(|_| Closed)?;
        self.taken.notified().await;
        if self.orders.is_closed() {
            return Err(Closed);
        }
        Ok(())
    }
}

impl<T> Receiver<T> {
    pub async fn recv(&mut self) -> Option<T> {
        let order = self.orders.recv().await?;
        self.taken.notify_one();
        Some(order)
    }
}
