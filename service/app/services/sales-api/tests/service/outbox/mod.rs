//! Events: what is told of, to whom, and what becomes of what nobody takes.
//!
//! - `publish`: the worker and its sinks, with consumers that are slow, hostile or gone
//! - `kill`: the program is killed again and again, and each event is applied once all the same
//! - `consumer`: a real HTTP server that applies each event once

mod consumer;
mod kill;
mod publish;
