//! The workbook: builds and serves the book, runs its labs, starts everything.
//!
//! Layout:
//! - [`workspace`]: where things are
//! - [`book`]: chapters to a static site, strictly
//! - [`site`]: that site in memory, with its headers
//! - [`labs`]: labs run from the page
//! - [`exercises`]: what learners write, checked over schedules
//! - [`instructor`]: minutes, notes and schedules
//! - [`doctor`]: whether a machine is ready
//! - [`bundle`]: all that a room without a network needs
//! - [`room`]: who of the learners is at which exercise
//! - [`server`]: both, on one listener of this machine
//! - [`manual`]: the command lines of all programs, kept for the book
//! - [`up`]: the service, its load, the book and the console together
//! - [`printed`]: the commands that pages print
//! - [`process`]: child processes that end as a whole
//! - [`nearest`]: what somebody may have meant
//! - [`client`]: one request
//!
//! Labs, service and console are programs to this crate, not libraries: it starts them.

mod api;
pub mod book;
pub mod bundle;
pub mod client;
pub mod doctor;
pub mod exercises;
pub mod instructor;
pub mod labs;
pub mod manual;
pub mod nearest;
pub mod printed;
pub mod process;
pub mod room;
pub mod server;
pub mod site;
mod text;
pub mod up;
pub mod workspace;
