#![doc = include_str!("../README.md")]

mod ending;
mod life;
mod panics;
mod shutdown;
mod signals;
mod tracker;

pub use ending::{Cause, Ended, Ending, Failure, Outcome};
pub use life::{Group, Lifecycle, Phase, State};
pub use panics::{count_panics, panic_message, panics, report_panic};
pub use shutdown::{Shutdown, TriggerOnDrop};
pub use signals::signals;
pub use tracker::{Report, Tracked, Tracker};
