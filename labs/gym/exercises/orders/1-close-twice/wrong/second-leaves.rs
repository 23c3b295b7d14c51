//! Nobody panics. Who comes second goes away with nothing.

use gym::sync::{Mutex, mpsc};
use gym::task::{self, JoinHandle};

/// The shop has closed. Here is the order back.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u32);

/// A shop with one packer.
pub struct Shop {
    door: Mutex<Option<mpsc::Sender<u32>>>,
    packer: Mutex<Option<JoinHandle<usize>>>,
}

impl Shop {
    pub fn open(shelf: mpsc::Sender<u32>) -> Shop {
        let (door, mut orders) = mpsc::channel(1);
        let packer = task::spawn_named("packer", async move {
            let mut count = 0;
            while let Some(order) = orders.recv().await {
                count += usize::from(shelf.send(order).await.is_ok());
            }
            count
        });
        Shop {
            door: Mutex::new(Some(door)),
            packer: Mutex::new(Some(packer)),
        }
    }

    pub async fn place(&self, order: u32) -> Result<(), Closed> {
        let Some(door) = self.door.lock().await.clone() else {
            return Err(Closed(order));
        };
        door.send(order).await.map_err(|refused| Closed(refused.0))
    }

    pub async fn close(&self) -> usize {
        self.door.lock().await.take();
        let Some(packer) = self.packer.lock().await.take() else {
            return 0;
        };
        packer.await.unwrap_or_default()
    }
}
