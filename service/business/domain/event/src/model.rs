//! An event, before and after it is kept.

use std::str::FromStr;
use std::time::SystemTime;

use thiserror::Error;
use types::{EventId, Money, Version};

/// What happened. It says what is needed to act on it; the rest can be asked for by the subject's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What happened.
    pub kind: Kind,
    /// The number of what it happened to: an order's, a product's; 1 for the shop.
    pub number: i64,
    /// The version it is in since.
    pub version: Option<Version>,
    /// What an order costs, or one piece of a product.
    pub money: Option<Money>,
    /// The pieces of an order, or those that a product was given.
    pub pieces: Option<u64>,
    /// When it happened, to the millisecond.
    pub at: SystemTime,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An order was placed.
    OrderPlaced,
    /// An order was taken back.
    OrderReversed,
    /// A product was put up for sale.
    ProductCreated,
    /// A product has another name or price.
    ProductChanged,
    /// A product was given more pieces.
    ProductRestocked,
    /// The shop was opened.
    ShopOpened,
    /// The shop was closed.
    ShopClosed,
}

/// What events are about. Those of one subject are published in the order they happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An order.
    Order,
    /// A product.
    Product,
    /// The shop, of which there is one.
    Shop,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 7] = [
        Kind::OrderPlaced,
        Kind::OrderReversed,
        Kind::ProductCreated,
        Kind::ProductChanged,
        Kind::ProductRestocked,
        Kind::ShopOpened,
        Kind::ShopClosed,
    ];

    /// Its name: `order.placed`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::OrderPlaced => "order.placed",
            Kind::OrderReversed => "order.reversed",
            Kind::ProductCreated => "product.created",
            Kind::ProductChanged => "product.changed",
            Kind::ProductRestocked => "product.restocked",
            Kind::ShopOpened => "shop.opened",
            Kind::ShopClosed => "shop.closed",
        }
    }

    /// What it happens to.
    pub fn subject(self) -> Subject {
        match self {
            Kind::OrderPlaced | Kind::OrderReversed => Subject::Order,
            Kind::ProductCreated | Kind::ProductChanged | Kind::ProductRestocked => {
                Subject::Product
            }
            Kind::ShopOpened | Kind::ShopClosed => Subject::Shop,
        }
    }
}

impl Subject {
    /// Its name: `order`.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Order => "order",
            Subject::Product => "product",
            Subject::Shop => "shop",
        }
    }
}

/// No event is called that.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no event is called that")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Kind, UnknownKind> {
        let mut all = Kind::ALL.into_iter();
        all.find(|kind| kind.name() == name).ok_or(UnknownKind)
    }
}

/// News that a store keeps until they are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which one. Of one subject, later events have higher ids.
    pub id: EventId,
    /// What happened.
    pub news: News,
    /// How often it was refused.
    pub attempts: u32,
}

/// An event that was refused so often that it is not tried any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event.
    pub event: Event,
    /// Why, the last time.
    pub error: String,
}

/// Tells the events of one store from those of all others, a store made anew in the same place included: there, ids
/// start again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin with this name, which the store made up.
    pub fn new(name: impl Into<String>) -> Origin {
        Origin(name.into())
    }

    /// The key of an event: the same each time it is published, and no other event's anywhere.
    pub fn key(&self, id: EventId) -> String {
        format!("{}-{id}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_names_which_begin_with_the_subjects() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            let subject = kind.name().split('.').next();
            assert_eq!(subject, Some(kind.subject().name()));
        }
        assert_eq!("order.lost".parse::<Kind>(), Err(UnknownKind));
    }

    #[test]
    fn keys_of_different_stores_differ() {
        let id = EventId::new(7).expect("in range");
        assert_eq!(Origin::new("a1").key(id), "a1-7");
        assert_ne!(Origin::new("a1").key(id), Origin::new("a2").key(id));
    }
}
