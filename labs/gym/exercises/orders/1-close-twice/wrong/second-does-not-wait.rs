//! Counts what is accepted. Who comes second hears the number, and not when it is true.

use gym::sync::{Mutex, mpsc};
use gym::task::{self, JoinHandle};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The shop has closed. Here is the order back.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u32);

/// A shop with one packer.
pub struct Shop {
    door: Mutex<Option<mpsc::Sender<u32>>>,
    packer: Mutex<Option<JoinHandle<()>>>,
    accepted: AtomicUsize,
}

impl Shop {
    pub fn open(shelf: mpsc::Sender<u32>) -> Shop {
        let (door, mut orders) = mpsc::channel(1);
        let packer = task::spawn_named("packer", async move {
            while let Some(order) = orders.recv().await {
                let _ = shelf.send(order).await;
            }
        });
        Shop {
            door: Mutex::new(Some(door)),
            packer: Mutex::new(Some(packer)),
            accepted: AtomicUsize::new(0),
        }
    }

    pub async fn place(&self, order: u32) -> Result<(), Closed> {
        let Some(door) = self.door.lock().await.clone() else {
            return Err(Closed(order));
        };
        match door.send(order).await {
            Ok(()) => {
                self.accepted.fetch_add(1, SeqCst);
                Ok(())
            }
            Err(refused) => Err(Closed(refused.0)),
        }
    }

    pub async fn close(&self) -> usize {
        self.door.lock().await.take();
        let packer = self.packer.lock().await.take();
        if let Some(packer) = packer {
            let _ = packer.await;
        }
        self.accepted.load(SeqCst)
    }
}
