//! Locks, semaphores and pools: what they promise, under hand-driven, random and concurrent use, and what is told of it.

#[path = "../poll/mod.rs"]
mod poll;

mod histories;
mod locks;
mod pool;
mod semaphore;
mod told;
