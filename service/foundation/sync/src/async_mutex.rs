//! A mutex that suspends its task: tokio's, with a name.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::sync;
use tokio::task::coop::consume_budget;

use crate::event::Operation;
use crate::guard::{Gated, deref_mut, guard, named};
use crate::resource::{Identity, ResourceKind};
use crate::wait::Gate;

/// [`tokio::sync::Mutex`] with a name: a guard may be held across an `.await`, whoever waited longest goes first, and a
/// wait may be given up by dropping it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let connection = sync::AsyncMutex::new("connection", Vec::new());
/// let mut held = connection.lock().await;
/// held.push("hello");
/// tokio::task::yield_now().await;
/// assert!(connection.try_lock().is_none());
/// drop(held);
/// assert_eq!(connection.into_inner(), ["hello"]);
/// # }
/// ```
pub struct AsyncMutex<T> {
    gate: Gate,
    /// Shared with owned guards, each of which keeps the whole mutex too.
    inner: Arc<sync::Mutex<T>>,
}

impl<T> AsyncMutex<T> {
    /// A mutex of that name.
    pub fn new(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self {
            gate: Gate::new(Identity::new(ResourceKind::AsyncMutex, name.into(), None)),
            inner: Arc::new(sync::Mutex::new(value)),
        }
    }

    /// Takes the lock; waits until it can.
    pub async fn lock(&self) -> AsyncMutexGuard<'_, T> {
        consume_budget().await;
        let inner = match self.inner.try_lock() {
            Ok(guard) => guard,
            Err(_) => self.gate.until(Operation::Lock, self.inner.lock()).await,
        };
        AsyncMutexGuard::new(&self.gate, Operation::Lock, inner)
    }

    /// Takes the lock; waits until it can. The guard keeps the mutex alive and may go anywhere.
    pub async fn lock_owned(self: Arc<Self>) -> OwnedAsyncMutexGuard<T> {
        consume_budget().await;
        let inner = if let Ok(guard) = Arc::clone(&self.inner).try_lock_owned() {
            guard
        } else {
            let lock = Arc::clone(&self.inner).lock_owned();
            self.gate.until(Operation::Lock, lock).await
        };
        OwnedAsyncMutexGuard::new(self, Operation::Lock, inner)
    }

    /// Takes the lock if nobody has it or waits for it.
    pub fn try_lock(&self) -> Option<AsyncMutexGuard<'_, T>> {
        let inner = self.inner.try_lock().ok()?;
        Some(AsyncMutexGuard::new(&self.gate, Operation::Lock, inner))
    }

    /// As [`AsyncMutex::try_lock`]. The guard keeps the mutex alive and may go anywhere.
    pub fn try_lock_owned(self: Arc<Self>) -> Option<OwnedAsyncMutexGuard<T>> {
        let inner = Arc::clone(&self.inner).try_lock_owned().ok()?;
        Some(OwnedAsyncMutexGuard::new(self, Operation::Lock, inner))
    }

    /// The value, of a mutex that nobody else has.
    pub fn into_inner(self) -> T {
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => inner.into_inner(),
            Err(_) => unreachable!("an owned guard keeps the whole mutex"),
        }
    }
}

impl<T> Gated for Arc<AsyncMutex<T>> {
    fn gate(&self) -> &Gate {
        &self.gate
    }
}

named!(AsyncMutex[Sized]);

guard! {
    /// Holds an [`AsyncMutex`] until it is dropped.
    AsyncMutexGuard ['a, T] ['a, T], of sync::MutexGuard<'a, T>, told by &'a Gate, exclusive: true
}
deref_mut!(AsyncMutexGuard ['a, T] ['a, T]);
guard! {
    /// Holds an [`AsyncMutex`] until it is dropped, and keeps it alive.
    OwnedAsyncMutexGuard [T] [T], of sync::OwnedMutexGuard<T>, told by Arc<AsyncMutex<T>>, exclusive: true
}
deref_mut!(OwnedAsyncMutexGuard[T][T]);
