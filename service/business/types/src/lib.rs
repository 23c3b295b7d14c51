//! Values the sales domains share.
//!
//! A value is checked once, where it enters the program, and carries that knowledge in its type
//! from then on: a [`Quantity`] is never zero, a [`Money`] never loses its currency. Nothing here
//! knows a wire format or a table; callers convert.
//!
//! ```
//! use types::{Currency, Invalid, Money, Quantity};
//!
//! let price = Money::new(12_50, Currency::EUR)?;
//! let three = Quantity::new(3)?;
//! assert_eq!(price.times(three)?.to_string(), "37.50 EUR");
//! assert_eq!(Quantity::new(0), Err(Invalid::TooSmall { min: 1 }));
//! # Ok::<(), Invalid>(())
//! ```
//!
//! Layout:
//! - [`id`]: numbers that name a product, an order, a user or an event
//! - [`version`]: how often one of them has changed
//! - [`key`]: what makes a repeated order recognisable
//! - [`quantity`]: how many of a product are ordered
//! - [`stock`]: how many of a product are left
//! - [`money`]: an amount in minor units with its currency
//! - [`name`]: what products and users are called
//! - [`page`]: which slice of a long list is asked for, in which order, and the slice
//! - [`invalid`]: why a value was refused
//! - [`store`]: how a store can fail

pub mod id;
pub mod invalid;
pub mod key;
pub mod money;
pub mod name;
pub mod page;
pub mod quantity;
pub mod stock;
pub mod store;
pub mod version;

pub use id::{EntryId, EventId, OrderId, ProductId, SessionId, UserId};
pub use invalid::Invalid;
pub use key::IdempotencyKey;
pub use money::{Currency, Money};
pub use name::{ProductName, UserName};
pub use page::{Direction, Page, PageLimit};
pub use quantity::Quantity;
pub use stock::Stock;
pub use store::StoreError;
pub use version::{Stale, Version};
