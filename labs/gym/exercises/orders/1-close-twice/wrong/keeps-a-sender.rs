//! Keeps the sender, and remembers beside it that the shop has closed.

use gym::sync::atomic::{AtomicBool, Ordering::SeqCst};
use gym::sync::{mpsc, watch};
use gym::task;

/// The shop has closed. Here is the order back.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u32);

/// A shop with one packer.
pub struct Shop {
    door: mpsc::Sender<u32>,
    closed: AtomicBool,
    packed: watch::Receiver<Option<usize>>,
}

impl Shop {
    pub fn open(shelf: mpsc::Sender<u32>) -> Shop {
        let (door, mut orders) = mpsc::channel(1);
        let (gone_home, packed) = watch::channel(None);
        task::spawn_named("packer", async move {
            let mut count = 0;
            while let Some(order) = orders.recv().await {
                count += usize::from(shelf.send(order).await.is_ok());
            }
            let _ = gone_home.send(Some(count));
        });
        Shop {
            door,
            closed: AtomicBool::new(false),
            packed,
        }
    }

    pub async fn place(&self, order: u32) -> Result<(), Closed> {
        if self.closed.load(SeqCst) {
            return Err(Closed(order));
        }
        self.door
            .send(order)
            .await
            .map_err(|refused| Closed(refused.0))
    }

    pub async fn close(&self) -> usize {
        self.closed.store(true, SeqCst);
        let mut packed = self.packed.clone();
        let count = packed.wait_for(Option::is_some).await;
        count.ok().and_then(|count| *count).unwrap_or_default()
    }
}
