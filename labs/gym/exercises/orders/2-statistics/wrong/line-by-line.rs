//! Short sections: each line is read for itself.

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
    products: usize,
}

impl Books {
    pub fn new(products: usize) -> Books {
        Books {
            sold: Mutex::new(vec![0; products]),
            products,
        }
    }

    pub async fn take(&self, order: &[(usize, u32)]) {
        let mut sold = self.sold.lock().await;
        for (product, pieces) in order {
            sold[*product] += pieces;
        }
    }

    pub async fn statistics(&self, page: mpsc::Sender<Line>) {
        let mut total = 0;
        for product in 0..self.products {
            let pieces = self.sold.lock().await[product];
            total += pieces;
            if page.send(Line::Product(product, pieces)).await.is_err() {
                return;
            }
        }
        let _ = page.send(Line::Total(total)).await;
    }
}
