//! A flag says that the shop has closed. When it is set, the packer packs what is there, and goes home.

use gym::sync::{CancellationToken, Mutex, mpsc, watch};
use gym::task;

/// The shop has closed. Here is the order back.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub u32);

/// A shop with one packer.
pub struct Shop {
    door: mpsc::Sender<u32>,
    closing: CancellationToken,
    packed: Mutex<watch::Receiver<Option<usize>>>,
}

impl Shop {
    pub fn open(shelf: mpsc::Sender<u32>) -> Shop {
        let (door, mut orders) = mpsc::channel(1);
        let (gone_home, packed) = watch::channel(None);
        let closing = CancellationToken::new();
        let closes = closing.clone();
        task::spawn_named("packer", async move {
            let mut count = 0;
            while let Some(Some(order)) = closes.run_until_cancelled(orders.recv()).await {
                count += usize::from(shelf.send(order).await.is_ok());
            }
            // What is there still is packed.
            while let Ok(order) = orders.try_recv() {
                count += usize::from(shelf.send(order).await.is_ok());
            }
            let _ = gone_home.send(Some(count));
            // Orders that come now lie here.
            std::future::pending::<()>().await;
        });
        Shop {
            door,
            closing,
            packed: Mutex::new(packed),
        }
    }

    pub async fn place(&self, order: u32) -> Result<(), Closed> {
        if self.closing.is_cancelled() {
            return Err(Closed(order));
        }
        self.door
            .send(order)
            .await
            .map_err(|refused| Closed(refused.0))
    }

    pub async fn close(&self) -> usize {
        self.closing.cancel();
        let mut packed = self.packed.lock().await.clone();
        let count = packed.wait_for(Option::is_some).await;
        count.ok().and_then(|count| *count).unwrap_or_default()
    }
}
