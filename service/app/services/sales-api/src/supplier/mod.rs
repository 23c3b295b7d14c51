//! Asks the supplier what products cost to buy: [`supply`] over HTTP.
//!
//! The supplier may be slow, down, or lie. What is done about it:
//! - Each attempt has a limit of its own, all of them together another, and they never take more than three quarters of what is
//!   left of the request's time: the rest is for the answer.
//! - A failure that may pass is tried again if the method is idempotent (RFC 9110, section 9.2.2), after a random pause
//!   ("full jitter": Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), or after the one that the
//!   supplier asks for with `Retry-After`.
//! - Retries are a share of the requests, so that they cannot multiply the load of a supplier in trouble ("Site Reliability
//!   Engineering", Google, chapter 21, "Handling Overload": a budget of retries for each client).
//! - A circuit breaker (Michael T. Nygard, "Release It!", "Stability Patterns") lets no attempt through while too large a share
//!   of the latest ones failed, successes counted as well; then one at a time may look whether things are better.
//! - Few requests may wait for the supplier at once, so that a supplier that hangs cannot take all places for work ("bulkheads",
//!   in the same book).
//! - The price that was last heard stands in, with its age.
//!
//! What the supplier must offer is `GET URL/prices/ID`, answered by `{"product":ID,"price":{"amount":1250,"currency":"EUR"}}` or
//! 404. Redirects are not followed: whoever can answer one could have the token sent elsewhere.
//!
//! - [`settings`]: where the supplier is, and how much patience there is
//! - [`caller`]: attempts, one after the other
//! - `guard`: the breaker and the budget
//! - [`http`]: one attempt
//! - `prices`: what is asked and what an answer means
//! - [`failure`]: how attempts fail
//! - `variables`: what it tells of itself

pub mod caller;
pub mod failure;
mod guard;
pub mod http;
mod prices;
pub mod settings;
mod variables;

pub use caller::{Ask, Caller, Environment};
pub use failure::{Cause, Failure};
pub use prices::Supplier;
pub use settings::{Address, Settings, Token};
