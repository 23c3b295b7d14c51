//! How a program ends: on a signal, in order, within a limit, and saying what it had to cut off.
//!
//! - [`Shutdown`] is a tree: whoever holds a branch can end it and everything below it, and anyone can wait for the end.
//! - [`signals`] triggers it on SIGINT, SIGTERM or SIGHUP; a second signal ends the process at once.
//! - [`Tracker`] runs named tasks, waits for them with a deadline and tells who was cut off.
//! - [`panics`] counts the panics of tasks and requests, so that none is lost.
//!
//! ```
//! use std::time::Duration;
//! use lifecycle::{Shutdown, Tracker};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let shutdown = Shutdown::new();
//! let tasks = Tracker::new();
//! let asked_to_stop = shutdown.triggered();
//! tasks.spawn("refresher", async move { asked_to_stop.await });
//!
//! shutdown.trigger("done for today");
//! let report = tasks.drain(Duration::from_secs(5)).await;
//! assert_eq!(report.finished, 1);
//! assert!(report.cut_off.is_empty());
//! # }
//! ```

mod panics;
mod shutdown;
mod signals;
mod tracker;

pub use panics::{panic_message, panics, report_panic};
pub use shutdown::Shutdown;
pub use signals::signals;
pub use tracker::{Report, Tracker};
