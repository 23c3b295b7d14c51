//! Publishes what happened: the events that the store keeps, to a consumer of them.
//!
//! The store writes an event with the change that it tells of ([`event`]); the [`worker`] reads what is due, sends it to
//! the [`sink`] and has the store forget it once it was taken. It goes on where it stopped, however the service ended, so
//! an event arrives at least once; its key, the same every time, tells a consumer what it has had already.
//!
//! | variable | what it holds |
//! |---|---|
//! | `outbox.depth` | events that wait to be published, those held back by a dead letter included |
//! | `outbox.lag_ns` | how long ago the oldest of them happened |
//! | `outbox.dead` | dead letters: events that were refused too often, until somebody requeues or discards them |
//! | `outbox.dead_letters` | the first ten of them, each with why it was refused |
//! | `outbox.published` | events that were taken |
//! | `outbox.refused` | attempts that failed because of the event or its consumer |
//! | `outbox.unreachable` | attempts that failed because nobody was there, which count against no event |
//! | `outbox.paused` | 1 while the worker waits because nobody is there |
//! | `outbox.delay_ns` | from the change to the moment its event was taken |
//! | `outbox.attempt_ns` | how long an attempt took |
//! | `outbox.last_error` | why the last attempt that failed did |
//!
//! Depth, lag and dead letters are as the worker found them, which looks every second.

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
