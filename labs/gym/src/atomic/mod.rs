//! Atomics with their orderings, cells and threads, as std's, explored by loom.
//!
//! What [`sync::atomic`](crate::sync::atomic) leaves out shows here: a `Relaxed` load may return an
//! old value, and what was written to a cell is there for another thread only if an ordering says
//! so. For that, there may be few threads (five with the first one) and few steps.
//!
//! loom's limits are this module's. It takes `SeqCst` loads and stores for `AcqRel` (a `SeqCst` fence is
//! exact), and two threads may see `Relaxed` changes of one atomic in different orders: so it may
//! find an error that there is not. It does not move a thread's steps before earlier ones of its own:
//! so it may miss one that there is.
//!
//! A case is added with [`Check::orderings`](crate::Check::orderings).

mod cell;
mod explore;
mod number;
mod point;
pub mod thread;

pub use cell::UnsafeCell;
pub(crate) use explore::{Bounded, explore};
pub use number::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};
pub use std::sync::atomic::Ordering;

use crate::record::{self, What};

/// Orders the running thread's steps before it and after it, as `std::sync::atomic::fence`.
pub fn fence(ordering: Ordering) {
    if std::thread::panicking() {
        return;
    }
    loom::sync::atomic::fence(ordering);
    thread::runs();
    record::event(What::Does, format!("fence, {ordering:?}"), None, None);
}

/// What a loop does while it waits for another thread, as `std::hint::spin_loop`. Without it, the
/// other thread would never get a turn.
pub fn spin_loop() {
    thread::yield_now();
}
