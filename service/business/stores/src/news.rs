//! What each change is told of as.

use std::time::SystemTime;

use event::{Kind, News};
use order::{Order, OrderLine};
use product::Product;
use shop::Shop;
use types::Quantity;

/// An order was placed or, if it is one that has been, reversed.
pub(crate) fn of_order(order: &Order) -> News {
    let pieces = |line: &OrderLine| u64::from(line.quantity.get());
    News {
        kind: match order.reversed_at {
            None => Kind::OrderPlaced,
            Some(_) => Kind::OrderReversed,
        },
        number: order.id.get(),
        version: Some(order.version),
        money: Some(order.total),
        pieces: Some(order.lines.iter().map(pieces).sum()),
        at: order.reversed_at.unwrap_or(order.placed_at),
    }
}

/// A product is for sale.
pub(crate) fn of_new_product(product: &Product, at: SystemTime) -> News {
    News {
        kind: Kind::ProductCreated,
        pieces: Some(product.stock.get().unsigned_abs()),
        ..of_change(product, at)
    }
}

/// A product has another name or price.
pub(crate) fn of_change(product: &Product, at: SystemTime) -> News {
    News {
        kind: Kind::ProductChanged,
        number: product.id.get(),
        version: Some(product.version),
        money: Some(product.price),
        pieces: None,
        at,
    }
}

/// A product has more pieces.
pub(crate) fn of_restock(product: &Product, pieces: Quantity, at: SystemTime) -> News {
    News {
        kind: Kind::ProductRestocked,
        pieces: Some(u64::from(pieces.get())),
        ..of_change(product, at)
    }
}

/// The shop was opened or closed.
pub(crate) fn of_shop(shop: &Shop) -> News {
    News {
        kind: if shop.open {
            Kind::ShopOpened
        } else {
            Kind::ShopClosed
        },
        number: THE_SHOP,
        version: None,
        money: None,
        pieces: None,
        at: shop.since,
    }
}

/// There is one.
const THE_SHOP: i64 = 1;
