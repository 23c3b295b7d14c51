#![doc = include_str!("../README.md")]

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod retry;
mod window;

pub use backoff::Backoff;
pub use breaker::{Breaker, Call, Outcome, Settings as BreakerSettings, Shut, State};
pub use budget::Budget;
pub use retry::{Attempt, Decision, Retry, Why};
