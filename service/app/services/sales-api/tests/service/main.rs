//! The service as its users meet it: over HTTP, as a library in this process or as a program.
//!
//! - `contract`: what the API promises, request by request
//! - `sales`: many shoppers at once
//! - `start`, `shutdown`: the program's beginning and end
//! - `profile`: what a profile of it shows

mod contract;
mod profile;
mod sales;
mod shutdown;
mod start;
mod support;
