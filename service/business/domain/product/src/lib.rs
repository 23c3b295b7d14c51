//! The product domain: what is for sale, at what price, how many are left.
//!
//! [`Products`] is what the rest of the program calls; [`Store`] is what it asks of whoever keeps the products.
//!
//! Layout:
//! - [`model`]: a product
//! - [`store`]: what this domain asks of a store

pub mod model;
pub mod store;

pub use model::Product;
pub use store::Store;

use types::{Page, PageLimit, ProductId, StoreError};

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

    /// The page of the catalogue that follows product `after` (or starts it), by ascending id.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        after: Option<ProductId>,
        limit: PageLimit,
    ) -> Result<Page<Product, ProductId>, StoreError> {
        // One more than the page holds tells whether there is a next one.
        let items = self.store.products(after, limit.get() + 1).await?;
        Ok(Page::cut(items, limit, |product| product.id))
    }
}
