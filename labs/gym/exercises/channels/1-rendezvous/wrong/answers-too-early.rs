//! Waits until there is room again, as if only a packer could make room.

use gym::sync::mpsc;
use gym::task;

#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

#[derive(Clone)]
pub struct Sender<T> {
    orders: mpsc::Sender<T>,
}

pub struct Receiver<T> {
    orders: mpsc::Receiver<T>,
}

pub fn rendezvous<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(1);
    (Sender { orders: sender }, Receiver { orders: receiver })
}

impl<T> Sender<T> {
    pub async fn send(&self, order: T) -> Result<(), Closed> {
        self.orders.send(order).await.map_err(|_| Closed)?;
        while self.orders.capacity() == 0 && !self.orders.is_closed() {
            task::yield_now().await;
        }
        Ok(())
    }
}

impl<T> Receiver<T> {
    pub async fn recv(&mut self) -> Option<T> {
        self.orders.recv().await
    }
}
