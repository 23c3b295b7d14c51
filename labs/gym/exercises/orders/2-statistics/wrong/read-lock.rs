//! A lock for readers: statistics only read.

use gym::sync::{RwLock, mpsc};

/// A line of the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Product(usize, u32),
    Total(u32),
}

/// What was sold, by product.
pub struct Books {
    sold: RwLock<Vec<u32>>,
}

impl Books {
    pub fn new(products: usize) -> Books {
        Books {
            sold: RwLock::new(vec![0; products]),
        }
    }

    pub async fn take(&self, order: &[(usize, u32)]) {
        let mut sold = self.sold.write().await;
        for (product, pieces) in order {
            sold[*product] += pieces;
        }
    }

    pub async fn statistics(&self, page: mpsc::Sender<Line>) {
        let sold = self.sold.read().await;
        for (product, pieces) in sold.iter().enumerate() {
            if page.send(Line::Product(product, *pieces)).await.is_err() {
                return;
            }
        }
        let _ = page.send(Line::Total(sold.iter().sum())).await;
    }
}
