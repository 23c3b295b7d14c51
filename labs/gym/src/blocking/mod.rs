//! Locks that block their thread, as `std::sync`.
//!
//! A task may use them for as long as it does not `.await` while it holds one: their guards are
//! not `Send`, so that the compiler says so. A panic ends the whole schedule, so that no lock is
//! ever poisoned.

mod condvar;
mod mutex;
mod once;
mod rwlock;

pub use condvar::Condvar;
pub use mutex::{Mutex, MutexGuard};
pub use once::OnceLock;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
