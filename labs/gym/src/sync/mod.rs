//! tokio's channels and locks, with a scheduling point before each operation.
//!
//! What they do is tokio's own code; see `tokio::sync` for what they promise.

pub mod atomic;
mod lock;
pub mod mpsc;
mod notify;
pub mod oneshot;
mod op;
pub mod watch;

pub use lock::{Mutex, MutexGuard};
pub use notify::{Notified, Notify};
pub(crate) use op::{Op, at_once, closes};
