//! tokio's channels and locks, with a scheduling point before each operation.
//!
//! What they do is tokio's own code; see `tokio::sync` for what they promise, and
//! `tokio_util::sync` for [`CancellationToken`].

pub mod atomic;
mod barrier;
pub mod broadcast;
mod lock;
pub mod mpsc;
mod notify;
mod once;
pub mod oneshot;
mod op;
mod rwlock;
mod semaphore;
mod token;
pub mod watch;

pub use barrier::{Barrier, BarrierWaitResult};
pub use lock::{Mutex, MutexGuard};
pub use notify::{Notified, Notify};
pub use once::{OnceCell, SetError};
pub(crate) use op::{Op, at_once, closes, frees, holds};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{
    AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError,
};
pub use token::{CancellationToken, DropGuard};
pub use tokio::sync::TryLockError;
