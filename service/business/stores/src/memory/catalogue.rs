//! Products.

use std::cmp::Ordering;

use product::{ChangeError, NewProduct, Product, Query, SortBy};
use types::{Direction, ProductId, StoreError, Version};

/// In the order of their ids, which count from 1.
#[derive(Debug)]
pub(super) struct Catalogue(Vec<Product>);

impl Catalogue {
    pub(super) fn new(mut seed: Vec<Product>) -> Catalogue {
        seed.sort_by_key(|product| product.id);
        Catalogue(seed)
    }

    pub(super) fn get(&self, id: ProductId) -> Option<&Product> {
        self.0.get(place(id))
    }

    pub(super) fn get_mut(&mut self, id: ProductId) -> Option<&mut Product> {
        self.0.get_mut(place(id))
    }

    pub(super) fn list(&self, query: &Query, count: usize) -> Vec<Product> {
        let compare = |one: &Product, other: &Product| compare(query, one, other);
        // The page of all products by id, which is asked for most, needs no sorting.
        if *query == Query::default() {
            return self.0.iter().take(count).cloned().collect();
        }
        let after = match query.after {
            None => None,
            Some(id) => match self.get(id) {
                None => return Vec::new(),
                found => found,
            },
        };
        let mut found: Vec<&Product> = self
            .0
            .iter()
            .filter(|product| fits(query, product))
            .filter(|product| after.is_none_or(|after| compare(after, product) == Ordering::Less))
            .collect();
        found.sort_by(|one, other| compare(one, other));
        found.into_iter().take(count).cloned().collect()
    }

    pub(super) fn create(&mut self, new: NewProduct) -> Result<Product, StoreError> {
        let product = Product {
            id: ProductId::new(self.0.len() as i64 + 1).map_err(StoreError::failed)?,
            name: new.name,
            price: new.price,
            stock: new.stock,
            supplied: new.stock,
            version: Version::FIRST,
        };
        self.0.push(product.clone());
        Ok(product)
    }

    pub(super) fn edit(
        &mut self,
        id: ProductId,
        edit: impl FnOnce(Product) -> Result<Product, ChangeError>,
    ) -> Result<Product, ChangeError> {
        let product = self.get_mut(id).ok_or(ChangeError::Missing)?;
        *product = edit(product.clone())?;
        Ok(product.clone())
    }
}

fn place(id: ProductId) -> usize {
    id.get() as usize - 1
}

fn fits(query: &Query, product: &Product) -> bool {
    let filter = &query.filter;
    let price = product.price.amount();
    let holds = |name: &types::ProductName| {
        let (whole, part) = (product.name.as_str(), name.as_str());
        whole
            .to_ascii_lowercase()
            .contains(&part.to_ascii_lowercase())
    };
    filter.name.as_ref().is_none_or(holds)
        && filter
            .in_stock
            .is_none_or(|wanted| (product.stock.get() > 0) == wanted)
        && filter.min_price.is_none_or(|least| price >= least)
        && filter.max_price.is_none_or(|most| price <= most)
}

fn compare(query: &Query, one: &Product, other: &Product) -> Ordering {
    let by = match query.sort {
        SortBy::Id => Ordering::Equal,
        SortBy::Name => one.name.as_str().cmp(other.name.as_str()),
        SortBy::Price => one.price.amount().cmp(&other.price.amount()),
    };
    let ascending = by.then(one.id.cmp(&other.id));
    match query.direction {
        Direction::Ascending => ascending,
        Direction::Descending => ascending.reverse(),
    }
}
