//! Publishes what happened: the events that the store keeps, to a consumer of them.
//!
//! The store writes an event with the change that it tells of ([`event`]); the [`worker`] reads what is due, sends it to
//! the [`sink`] and has the store forget it once it was taken. It goes on where it stopped, however the service ended, so
//! an event arrives at least once; its key, the same every time, tells a consumer what it has had already.
//!
//! What it tells of itself are the rows `outbox.…` of [the table of variables](crate::variables::table). Depth, lag and dead
//! letters are as the worker found them, which looks every second.

pub mod file;
pub mod form;
pub mod settings;
pub mod signature;
pub mod sink;
pub mod variables;
pub mod webhook;
pub mod worker;

pub use settings::Settings;
pub use sink::{Delivery, Sink, SinkError};
pub use variables::Variables;
pub use worker::Worker;
