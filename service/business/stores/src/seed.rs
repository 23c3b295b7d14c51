//! The catalogue a new store starts with.

use product::Product;
use types::{Currency, Invalid, Money, ProductId, ProductName, Stock, Version};

/// So many pieces of each product. Enough that a shop left running under a demonstration's load
/// (some tens of orders a second) still sells after weeks.
pub const STOCK: i64 = 1_000_000;

/// Names, and prices in euro cents.
const CATALOGUE: [(&str, i64); 12] = [
    ("Teapot, blue enamel", 24_90),
    ("Tea, Darjeeling first flush, 100 g", 12_50),
    ("Tea, Assam, 250 g", 9_80),
    ("Coffee beans, 500 g", 13_40),
    ("Coffee grinder, hand-cranked", 49_00),
    ("Mug, stoneware", 8_50),
    ("Milk jug, glass", 11_20),
    ("Sugar bowl, porcelain", 14_75),
    ("Biscuits, shortbread, 200 g", 4_20),
    ("Honey, lime blossom, 500 g", 7_90),
    ("Tea towel, linen", 6_60),
    ("Tray, oak", 32_00),
];

/// The catalogue, with [`STOCK`] pieces of everything.
pub fn catalogue() -> Vec<Product> {
    with_stock(STOCK)
}

/// The catalogue with `pieces` of everything; less than nothing counts as nothing.
pub fn with_stock(pieces: i64) -> Vec<Product> {
    let numbered = (1..).zip(CATALOGUE);
    numbered
        .filter_map(|(id, (name, cents))| product(id, name, cents, pieces.max(0)).ok())
        .collect()
}

fn product(id: i64, name: &str, cents: i64, pieces: i64) -> Result<Product, Invalid> {
    Ok(Product {
        id: ProductId::new(id)?,
        name: ProductName::new(name)?,
        price: Money::new(cents, Currency::EUR)?,
        stock: Stock::new(pieces)?,
        supplied: Stock::new(pieces)?,
        version: Version::FIRST,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_catalogue_is_lost_on_the_way() {
        let products = catalogue();
        assert_eq!(products.len(), CATALOGUE.len());
        assert!(products.iter().all(|product| product.stock.get() == STOCK));
    }
}
