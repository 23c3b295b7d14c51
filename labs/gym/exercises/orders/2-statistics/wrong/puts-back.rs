//! Takes the numbers away to write them down, and puts them back.

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
}

impl Books {
    pub fn new(products: usize) -> Books {
        Books {
            sold: Mutex::new(vec![0; products]),
        }
    }

    pub async fn take(&self, order: &[(usize, u32)]) {
        let mut sold = self.sold.lock().await;
        for (product, pieces) in order {
            sold[*product] += pieces;
        }
    }

    pub async fn statistics(&self, page: mpsc::Sender<Line>) {
        let mut books = self.sold.lock().await;
        let empty = vec![0; books.len()];
        let sold = std::mem::replace(&mut *books, empty);
        drop(books);
        for (product, pieces) in sold.iter().enumerate() {
            if page.send(Line::Product(product, *pieces)).await.is_err() {
                break;
            }
        }
        let _ = page.send(Line::Total(sold.iter().sum())).await;
        *self.sold.lock().await = sold;
    }
}
