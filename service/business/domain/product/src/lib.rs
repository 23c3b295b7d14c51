//! The product domain: what is for sale, at what price, how many are left.
//!
//! [`Products`] is what the rest of the program calls; [`Store`] is what it asks of whoever keeps
//! the products.
//!
//! Layout:
//! - [`model`]: a product
//! - [`change`]: the rule for changes
//! - [`query`]: which products are asked for
//! - [`store`]: what this domain asks of a store

pub mod change;
pub mod model;
pub mod query;
pub mod store;

pub use change::{Change, restock};
pub use model::{NewProduct, Product};
pub use query::{Filter, Query, SortBy};
pub use store::{ChangeError, Store};

use std::time::SystemTime;

use types::{Page, PageLimit, ProductId, Quantity, StoreError, Version};

/// What can be done with products.
#[derive(Clone, Debug)]
pub struct Products<S> {
    store: S,
}

impl<S: Store> Products<S> {
    /// Products kept in `store`.
    pub fn new(store: S) -> Products<S> {
        Products { store }
    }

    /// The page of the catalogue that the query asks for.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        query: Query,
        limit: PageLimit,
    ) -> Result<Page<Product, ProductId>, StoreError> {
        // One more than the page holds tells whether there is a next one.
        let items = self.store.products(query, limit.get() + 1).await?;
        Ok(Page::cut(items, limit, |product| product.id))
    }

    /// The product with this id, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn get(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        self.store.product(id).await
    }

    /// Puts a product up for sale.
    ///
    /// # Errors
    /// The store's.
    pub async fn create(&self, product: NewProduct, at: SystemTime) -> Result<Product, StoreError> {
        self.store.create_product(product, at).await
    }

    /// Changes a product.
    ///
    /// # Errors
    /// There is no such product, another version was expected, or the store failed.
    pub async fn change(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: Change,
        at: SystemTime,
    ) -> Result<Product, ChangeError> {
        self.store.change_product(id, expected, change, at).await
    }

    /// Puts more pieces on the shelf.
    ///
    /// # Errors
    /// There is no such product, the shelf cannot hold that many, or the store failed.
    pub async fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
        at: SystemTime,
    ) -> Result<Product, ChangeError> {
        self.store.restock(id, pieces, at).await
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use types::{Currency, Money, ProductName, Stock};

    use super::*;

    /// A store of this many products, always at hand.
    struct Shelf(i64);

    impl Store for Shelf {
        async fn products(&self, query: Query, count: usize) -> Result<Vec<Product>, StoreError> {
            let first = query.after.map_or(1, |id| id.get() + 1);
            Ok((first..=self.0).take(count).map(product).collect())
        }

        async fn product(&self, _id: ProductId) -> Result<Option<Product>, StoreError> {
            Err(StoreError::Closed)
        }

        async fn create_product(
            &self,
            _product: NewProduct,
            _at: SystemTime,
        ) -> Result<Product, StoreError> {
            Err(StoreError::Closed)
        }

        async fn change_product(
            &self,
            _id: ProductId,
            _expected: Option<Version>,
            _change: Change,
            _at: SystemTime,
        ) -> Result<Product, ChangeError> {
            Err(StoreError::Closed.into())
        }

        async fn restock(
            &self,
            _id: ProductId,
            _pieces: Quantity,
            _at: SystemTime,
        ) -> Result<Product, ChangeError> {
            Err(StoreError::Closed.into())
        }
    }

    fn product(number: i64) -> Product {
        Product {
            id: ProductId::new(number).expect("in range"),
            name: ProductName::new("tea").expect("a name"),
            price: Money::new(number, Currency::EUR).expect("in range"),
            stock: Stock::new(number).expect("in range"),
            supplied: Stock::new(number).expect("in range"),
            version: Version::FIRST,
        }
    }

    /// The ids of the page after `after` of a shelf of five, and where the next page starts.
    fn page(after: Option<i64>, limit: i64) -> (Vec<i64>, Option<i64>) {
        let products = Products::new(Shelf(5));
        let query = Query {
            after: after.map(|after| ProductId::new(after).expect("in range")),
            ..Query::default()
        };
        let page = pin!(products.list(query, PageLimit::new(limit).expect("in range")));
        let Poll::Ready(Ok(page)) = page.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("the shelf is always at hand")
        };
        let ids = page.items.iter().map(|product| product.id.get()).collect();
        (ids, page.next.map(ProductId::get))
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        assert_eq!(page(None, 2), (vec![1, 2], Some(2)));
        assert_eq!(page(Some(2), 2), (vec![3, 4], Some(4)));
        assert_eq!(page(Some(4), 2), (vec![5], None));
        assert_eq!(page(Some(5), 2), (vec![], None));
        assert_eq!(page(None, 5), (vec![1, 2, 3, 4, 5], None));
    }
}
