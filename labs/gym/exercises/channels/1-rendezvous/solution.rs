//! A rendezvous: `send` returns when somebody has the order, and not before.
//!
//! `gym::sync` is `tokio::sync` for exercises: the same names, the same behaviour, and each
//! order of steps can be tried. In a service you would import tokio's.

//: solution
use gym::sync::{mpsc, oneshot};
//: starter
//| use gym::sync::mpsc;
//: end

/// Nobody will take the order any more.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

/// The end that hands orders over.
#[derive(Clone)]
pub struct Sender<T> {
    //: solution
    orders: mpsc::Sender<(T, oneshot::Sender<()>)>,
    //: starter
    //| orders: mpsc::Sender<T>,
    //: end
}

/// The end that takes them.
pub struct Receiver<T> {
    //: solution
    orders: mpsc::Receiver<(T, oneshot::Sender<()>)>,
    //: starter
    //| orders: mpsc::Receiver<T>,
    //: end
}

/// A channel without a shelf.
pub fn rendezvous<T>() -> (Sender<T>, Receiver<T>) {
    //: starter
    //| // The smallest capacity there is. Is it small enough?
    //: end
    let (sender, receiver) = mpsc::channel(1);
    (Sender { orders: sender }, Receiver { orders: receiver })
}

impl<T> Sender<T> {
    /// Waits until somebody has the order.
    pub async fn send(&self, order: T) -> Result<(), Closed> {
        //: solution
        let (answer, taken) = oneshot::channel();
        self.orders
            .send((order, answer))
            .await
            .map_err(|_| Closed)?;
        taken.await.map_err(|_| Closed)
        //: starter
        //| self.orders.send(order).await.map_err(|_| Closed)
        //: end
    }
}

impl<T> Receiver<T> {
    /// Waits for an order; `None` when all senders are gone.
    pub async fn recv(&mut self) -> Option<T> {
        //: solution
        let (order, answer) = self.orders.recv().await?;
        // A sender that has given up waiting does not matter here: the order is taken.
        let _ = answer.send(());
        Some(order)
        //: starter
        //| self.orders.recv().await
        //: end
    }
}
