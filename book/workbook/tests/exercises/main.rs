//! Exercises as a learner meets them: started, wrong, broken, hostile, right.
//!
//! The programs are built for real, in folders that stay from one run to the next, so that what they depend on is built
//! once, and they themselves only when they have changed.

mod hostile;
mod room;
mod terminal;
mod verdicts;
