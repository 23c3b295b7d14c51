//! The workbook: builds and serves the book, runs its labs, starts everything.
//!
//! Layout:
//! - [`workspace`]: where things are
//! - [`book`]: chapters to a static site, strictly
//! - [`site`]: that site in memory, with its headers
//! - [`labs`]: labs run from the page
//! - [`exercises`]: what learners write, checked over schedules
//! - [`server`]: both, on one listener of this machine
//! - [`manual`]: the command lines of all programs, kept for the book
//! - [`up`]: the service, its load, the book and the console together
//! - [`process`]: child processes that end as a whole
//! - [`client`]: one GET
//!
//! Labs, service and console are programs to this crate, not libraries: it starts them.

pub mod book;
pub mod client;
pub mod exercises;
pub mod labs;
pub mod manual;
pub mod process;
pub mod server;
pub mod site;
pub mod up;
pub mod workspace;
