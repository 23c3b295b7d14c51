//! What all steps of the case study share: the day's shoppers, the till they pay at, and what is counted in the evening. How a
//! shop takes orders is not here: each program in `src/bin` has its own, and is one change away from the one before.

mod day;
mod evening;
mod shop;
mod till;
mod visit;

pub use day::{Day, Order, Product};
pub use evening::{Evening, rush};
pub use shop::{Books, Refused, Statistics, TakesOrders};
pub use till::Till;
pub use visit::{Answer, Visitor};
