//! The total is kept for itself, so that nobody has to add up.

use gym::sync::atomic::{AtomicU64, Ordering::SeqCst};
use gym::sync::{Mutex, mpsc};

/// A line of the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Product(usize, u32),
    Total(u32),
}

/// What was sold, by product.
pub struct Books {
    sold: Mutex<Vec<u32>>,
    total: AtomicU64,
}

impl Books {
    pub fn new(products: usize) -> Books {
        Books {
            sold: Mutex::new(vec![0; products]),
            total: AtomicU64::new(0),
        }
    }

    pub async fn take(&self, order: &[(usize, u32)]) {
        let mut sold = self.sold.lock().await;
        for (product, pieces) in order {
            sold[*product] += pieces;
        }
        drop(sold);
        let pieces = order.iter().map(|(_, pieces)| u64::from(*pieces)).sum();
        self.total.fetch_add(pieces, SeqCst);
    }

    pub async fn statistics(&self, page: mpsc::Sender<Line>) {
        let sold = self.sold.lock().await.clone();
        let total = self.total.load(SeqCst) as u32;
        for (product, pieces) in sold.iter().enumerate() {
            if page.send(Line::Product(product, *pieces)).await.is_err() {
                return;
            }
        }
        let _ = page.send(Line::Total(total)).await;
    }
}
