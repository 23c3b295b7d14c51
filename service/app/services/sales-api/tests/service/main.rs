//! The service as its users meet it: over HTTP, as a library in this process or as a program.
//!
//! - `contract`: what the API promises, request by request
//! - `conditions`: entity tags, `If-Match` and `If-None-Match`, the order that is sent twice
//! - `forms`: partial answers, filters, methods, types, other origins, the document and its pages
//! - `typed`: every resource through the typed client
//! - `access`: tokens and profiles
//! - `chaos`: faults on purpose
//! - `process`: the pipeline experiment
//! - `sales`: many shoppers at once
//! - `rolling`: one instance after the other is restarted under load
//! - `start`, `shutdown`: the program's beginning and end
//! - `postgres`: the same on PostgreSQL, with the feature
//! - `profile`: what a profile of it shows

mod access;
mod chaos;
mod conditions;
mod contract;
mod forms;
#[cfg(feature = "postgres")]
mod postgres;
mod process;
mod profile;
mod rolling;
mod sales;
#[cfg(feature = "postgres")]
#[path = "../../../../../business/stores/tests/all/server.rs"]
mod server;
mod shutdown;
mod start;
mod support;
mod typed;
