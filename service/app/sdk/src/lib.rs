#![doc = include_str!("../README.md")]

mod client;
mod error;
mod models;
mod orders;
mod products;
mod sessions;
mod shop;
mod users;

pub use client::{BadBase, Client, Options, Tagged};
pub use error::{Error, FieldProblem, Problem};
pub use models::{
    Item, Money, NewItem, NewProduct, NewUser, Order, OrderStatus, Page, Product, ProductPatch,
    Quote, QuoteSource, Role, Shop, Statistics, Tokens, Totals, User, UserPatch,
};
pub use orders::{OrderSort, OrdersQuery};
pub use products::{ProductSort, ProductsQuery};
