//! The load tool as a program, against the real service; what the service never does, its door does for it.

mod consume;
mod faults;
mod loops;
mod refusals;
mod retries;
mod scenarios;
mod supply;
mod support;
mod terminal;
mod verification;
