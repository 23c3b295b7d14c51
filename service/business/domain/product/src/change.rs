//! The rule: what a change makes of a product.

use types::{Invalid, Money, ProductName, Quantity, Stale, Version};

use crate::Product;

/// What is to become different; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Another name.
    pub name: Option<ProductName>,
    /// Another price. Orders that were placed keep theirs.
    pub price: Option<Money>,
}

impl Change {
    /// The product after the change. A change that changes nothing makes no new version.
    ///
    /// # Errors
    /// Another version was expected.
    pub fn apply(self, product: Product, expected: Option<Version>) -> Result<Product, Stale> {
        product.version.check(expected)?;
        let changed = Product {
            name: self.name.unwrap_or_else(|| product.name.clone()),
            price: self.price.unwrap_or(product.price),
            ..product.clone()
        };
        if changed == product {
            return Ok(product);
        }
        Ok(Product {
            version: product.version.next(),
            ..changed
        })
    }
}

/// The product with `pieces` more on its shelf.
///
/// # Errors
/// The shelf cannot hold that many.
pub fn restock(product: Product, pieces: Quantity) -> Result<Product, Invalid> {
    let pieces = i64::from(pieces.get());
    Ok(Product {
        stock: product.stock.refill(pieces)?,
        supplied: product.supplied.refill(pieces)?,
        ..product
    })
}

#[cfg(test)]
mod tests {
    use types::{Currency, ProductId, Stock};

    use super::*;

    fn tea() -> Product {
        Product {
            id: ProductId::new(1).expect("in range"),
            name: ProductName::new("Tea").expect("a name"),
            price: Money::new(100, Currency::EUR).expect("in range"),
            stock: Stock::new(3).expect("in range"),
            supplied: Stock::new(10).expect("in range"),
            version: Version::FIRST,
        }
    }

    fn priced(amount: i64) -> Change {
        Change {
            price: Some(Money::new(amount, Currency::EUR).expect("in range")),
            ..Change::default()
        }
    }

    #[test]
    fn only_a_difference_makes_a_new_version() {
        assert_eq!(priced(100).apply(tea(), None), Ok(tea()));
        let dearer = priced(120)
            .apply(tea(), Some(Version::FIRST))
            .expect("as expected");
        assert_eq!(
            (dearer.version, dearer.price.amount()),
            (Version::FIRST.next(), 120)
        );
        let stale = priced(130).apply(dearer.clone(), Some(Version::FIRST));
        assert_eq!(
            stale,
            Err(Stale {
                current: dearer.version
            })
        );
    }

    #[test]
    fn new_pieces_are_counted_as_supplied() {
        let more = restock(tea(), Quantity::new(5).expect("in range")).expect("room for five");
        assert_eq!((more.stock.get(), more.supplied.get()), (8, 15));
        assert_eq!(more.version, Version::FIRST);
    }
}
