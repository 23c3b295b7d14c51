#![doc = include_str!("../README.md")]

mod async_mutex;
mod async_rwlock;
pub mod channel;
mod event;
mod guard;
mod ledger;
mod line;
mod mutex;
mod observe;
mod pool;
mod resource;
mod rwlock;
mod semaphore;
mod task;
mod wait;

use std::sync::PoisonError;

pub use async_mutex::{AsyncMutex, AsyncMutexGuard, OwnedAsyncMutexGuard};
pub use async_rwlock::{
    AsyncRwLock, AsyncRwLockReadGuard, AsyncRwLockWriteGuard, OwnedAsyncRwLockReadGuard,
    OwnedAsyncRwLockWriteGuard,
};
pub use channel::{Receiver, SendError, Sender, channel};
pub use event::{Event, Operation};
pub use mutex::{Mutex, MutexGuard};
pub use observe::{Guard, Interest, Observer, observe};
pub use pool::{Manage, Pool, PoolError, PoolStatus, Pooled};
pub use resource::{ResourceId, ResourceKind};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{Closed, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError};
pub use task::{
    Probe, Probing, Subject, TaskId, TaskInfo, TaskState, adopt, alive, alive_count, current,
    probe, spawn, task_name,
};

/// What a lock of the standard library gives, poisoned or not: nothing here is left half done by a panic, and a user's
/// value is the user's.
fn recover<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}
