//! What exercises are made of: primitives that read like tokio's, run by a scheduler that tries
//! one order of steps after the other.
//!
//! An exercise takes its primitives through its imports (`use gym::sync::mpsc`) where a service
//! would write `use tokio::sync::mpsc`; no compiler flag switches them. Behind each of them is
//! tokio's own, with a *scheduling point* before every operation: there, any other task may go
//! first. [`Check`] runs a case over all orders if they are few enough, and otherwise over all
//! with few preemptions and a sample of the rest; it says which ([`Explored`]).
//!
//! Labs' own code is explored in the same way, see `exercises/README.md`.
//!
//! Layout:
//! - [`sync`], [`task`], [`time`], [`select!`]: what learners import in place of tokio's
//! - [`blocking`], [`thread`]: what they import in place of std's
//! - [`Check`], [`expect`], [`note`]: what a check is written with
//! - `explore`: schedules, on the engine of shuttle
//! - `atomic`: orderings, on loom
//! - `record`: who did what, step by step, for the picture
//! - [`main`]: the program around a check, its limits and its verdict
//!
//! Atomics of [`sync::atomic`] are explored as sequentially consistent: an error that needs a weaker
//! ordering does not show there. `gym::atomic` (with the feature `loom`) is for those.
//!
//! ```
//! use gym::sync::mpsc;
//! use gym::{Check, expect, task};
//!
//! let check = Check::new().case("what was sent is received", || async {
//!     let (orders, mut shelf) = mpsc::channel(1);
//!     let writer = task::spawn_named("writer", async move { orders.send(7).await });
//!     let order = shelf.recv().await;
//!     expect(order == Some(7), "order 7", || format!("{order:?}"), "it was sent");
//!     writer.await.expect("the writer ends").expect("the shelf is open");
//! });
//! let verdict = check.run(&gym::Options::default());
//! assert!(verdict.fault.is_none());
//! assert_eq!(verdict.cases[0].explored.to_string(), "all 5 schedules");
//! ```

#[cfg(feature = "loom")]
pub mod atomic;
pub mod blocking;
mod check;
mod explore;
mod json;
mod program;
mod record;
mod schedule;
mod select;
pub mod sync;
pub mod task;
pub mod thread;
pub mod time;

pub use check::{Case, Check, Explored, Options, Passed, Verdict, expect, note};
pub use program::main;
pub use record::{Event, Fault, FaultKind, What};
#[doc(hidden)]
pub use select::Turns as __Turns;
