//! Statistics, written while the shop is open.

use gym::sync::{Mutex, mpsc};

/// A line of the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// So many pieces of that product were sold.
    Product(usize, u32),
    /// So many of all.
    Total(u32),
}

/// What was sold, by product.
pub struct Books {
    sold: Mutex<Vec<u32>>,
}

impl Books {
    /// Books for so many products.
    pub fn new(products: usize) -> Books {
        Books {
            sold: Mutex::new(vec![0; products]),
        }
    }

    /// Writes an order down: pieces by product, all of it in one step.
    pub async fn take(&self, order: &[(usize, u32)]) {
        let mut sold = self.sold.lock().await;
        for (product, pieces) in order {
            sold[*product] += pieces;
        }
    }

    /// Writes a line for each product, and then the total. Whoever reads the page may be slow.
    pub async fn statistics(&self, page: mpsc::Sender<Line>) {
        //: solution
        // The guard ends with the statement: from there on the books are free again.
        let sold = self.sold.lock().await.clone();
        //: starter
        //| let sold = self.sold.lock().await;
        //: end
        for (product, pieces) in sold.iter().enumerate() {
            if page.send(Line::Product(product, *pieces)).await.is_err() {
                return; // the reader has gone
            }
        }
        let _ = page.send(Line::Total(sold.iter().sum())).await;
    }
}
