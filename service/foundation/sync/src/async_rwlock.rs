//! A read-write lock that suspends its task: tokio's, with a name.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::sync;
use tokio::task::coop::consume_budget;

use crate::event::Operation;
use crate::guard::{Gated, deref_mut, guard, named};
use crate::resource::{Identity, ResourceKind};
use crate::wait::Gate;

/// [`tokio::sync::RwLock`] with a name: a guard may be held across an `.await`, readers and writers go in the order of
/// their coming, and a wait may be given up by dropping it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let routes = sync::AsyncRwLock::new("routes", vec!["/"]);
/// {
///     let (one, another) = (routes.read().await, routes.read().await);
///     assert_eq!(one.len(), another.len());
///     assert!(routes.try_write().is_none());
/// }
/// routes.write().await.push("/orders");
/// assert_eq!(routes.into_inner(), ["/", "/orders"]);
/// # }
/// ```
pub struct AsyncRwLock<T> {
    gate: Gate,
    /// Shared with owned guards, each of which keeps the whole lock too.
    inner: Arc<sync::RwLock<T>>,
}

impl<T> AsyncRwLock<T> {
    /// A read-write lock of that name.
    pub fn new(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self {
            gate: Gate::new(Identity::new(ResourceKind::AsyncRwLock, name.into(), None)),
            inner: Arc::new(sync::RwLock::new(value)),
        }
    }

    /// The value, of a lock that nobody else has.
    pub fn into_inner(self) -> T {
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => inner.into_inner(),
            Err(_) => unreachable!("an owned guard keeps the whole lock"),
        }
    }
}

macro_rules! side {
    ($(#[$lock_doc:meta])* $lock:ident -> $Guard:ident, $lock_owned:ident -> $OwnedGuard:ident,
     $(#[$try_doc:meta])* $try_lock:ident, $try_lock_owned:ident, $operation:expr) => {
        impl<T> AsyncRwLock<T> {
            $(#[$lock_doc])*
            pub async fn $lock(&self) -> $Guard<'_, T> {
                consume_budget().await;
                let inner = match self.inner.$try_lock() {
                    Ok(guard) => guard,
                    Err(_) => self.gate.until($operation, self.inner.$lock()).await,
                };
                $Guard::new(&self.gate, $operation, inner)
            }

            $(#[$lock_doc])*
            ///
            /// The guard keeps the lock alive and may go anywhere.
            pub async fn $lock_owned(self: Arc<Self>) -> $OwnedGuard<T> {
                consume_budget().await;
                let inner = if let Ok(guard) = Arc::clone(&self.inner).$try_lock_owned() {
                    guard
                } else {
                    let lock = Arc::clone(&self.inner).$lock_owned();
                    self.gate.until($operation, lock).await
                };
                $OwnedGuard::new(self, $operation, inner)
            }

            $(#[$try_doc])*
            pub fn $try_lock(&self) -> Option<$Guard<'_, T>> {
                let inner = self.inner.$try_lock().ok()?;
                Some($Guard::new(&self.gate, $operation, inner))
            }

            $(#[$try_doc])*
            ///
            /// The guard keeps the lock alive and may go anywhere.
            pub fn $try_lock_owned(self: Arc<Self>) -> Option<$OwnedGuard<T>> {
                let inner = Arc::clone(&self.inner).$try_lock_owned().ok()?;
                Some($OwnedGuard::new(self, $operation, inner))
            }
        }
    };
}

side! {
    /// Takes the lock together with other readers; waits until it can.
    read -> AsyncRwLockReadGuard,
    read_owned -> OwnedAsyncRwLockReadGuard,
    /// Takes the lock together with other readers, if no writer has it or waits for it.
    try_read,
    try_read_owned, Operation::Read
}
side! {
    /// Takes the lock alone; waits until it can.
    write -> AsyncRwLockWriteGuard,
    write_owned -> OwnedAsyncRwLockWriteGuard,
    /// Takes the lock alone, if nobody has it or waits for it.
    try_write,
    try_write_owned, Operation::Write
}

impl<T> Gated for Arc<AsyncRwLock<T>> {
    fn gate(&self) -> &Gate {
        &self.gate
    }
}

named!(AsyncRwLock[Sized]);

guard! {
    /// Holds an [`AsyncRwLock`] together with other readers until it is dropped.
    AsyncRwLockReadGuard ['a, T] ['a, T], of sync::RwLockReadGuard<'a, T>, told by &'a Gate, exclusive: false
}
guard! {
    /// Holds an [`AsyncRwLock`] together with other readers until it is dropped, and keeps it alive.
    OwnedAsyncRwLockReadGuard [T] [T], of sync::OwnedRwLockReadGuard<T>, told by Arc<AsyncRwLock<T>>, exclusive: false
}
guard! {
    /// Holds an [`AsyncRwLock`] alone until it is dropped.
    AsyncRwLockWriteGuard ['a, T] ['a, T], of sync::RwLockWriteGuard<'a, T>, told by &'a Gate, exclusive: true
}
deref_mut!(AsyncRwLockWriteGuard ['a, T] ['a, T]);
guard! {
    /// Holds an [`AsyncRwLock`] alone until it is dropped, and keeps it alive.
    OwnedAsyncRwLockWriteGuard [T] [T], of sync::OwnedRwLockWriteGuard<T>, told by Arc<AsyncRwLock<T>>, exclusive: true
}
deref_mut!(OwnedAsyncRwLockWriteGuard[T][T]);
