//! A read-write lock that blocks its thread: the standard library's, with a name.

use std::borrow::Cow;
use std::sync::{self, TryLockError};

use crate::event::Operation;
use crate::guard::{deref_mut, guard, named};
use crate::recover;
use crate::resource::{Identity, ResourceKind};
use crate::wait::Gate;

/// [`std::sync::RwLock`] with a name. Never poisoned, like [`Mutex`](crate::Mutex).
///
/// ```
/// let prices = sync::RwLock::new("prices", vec![3, 5]);
/// {
///     let (one, another) = (prices.read(), prices.read());
///     assert_eq!(one.len(), another.len());
///     assert!(prices.try_write().is_none());
/// }
/// prices.write().push(7);
/// assert_eq!(*prices.read(), [3, 5, 7]);
/// ```
pub struct RwLock<T: ?Sized> {
    gate: Gate,
    inner: sync::RwLock<T>,
}

impl<T> RwLock<T> {
    /// A read-write lock of that name.
    pub fn new(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self {
            gate: Gate::new(Identity::new(ResourceKind::RwLock, name.into(), None)),
            inner: sync::RwLock::new(value),
        }
    }

    /// A read-write lock for a `static`.
    pub const fn const_new(name: &'static str, value: T) -> Self {
        Self {
            gate: Gate::new(Identity::constant(ResourceKind::RwLock, name)),
            inner: sync::RwLock::new(value),
        }
    }

    /// The value, of a lock that nobody else has.
    pub fn into_inner(self) -> T {
        recover(self.inner.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// The value; nothing is locked, because nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        recover(self.inner.get_mut())
    }
}

macro_rules! side {
    ($(#[$lock_doc:meta])* $lock:ident, $(#[$try_doc:meta])* $try_lock:ident, $wait:ident -> $Guard:ident,
     $operation:expr) => {
        impl<T: ?Sized> RwLock<T> {
            $(#[$lock_doc])*
            #[inline]
            pub fn $lock(&self) -> $Guard<'_, T> {
                let inner = match self.inner.$try_lock() {
                    Ok(guard) => guard,
                    Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                    Err(TryLockError::WouldBlock) => self.$wait(),
                };
                $Guard::new(&self.gate, $operation, inner)
            }

            $(#[$try_doc])*
            #[inline]
            pub fn $try_lock(&self) -> Option<$Guard<'_, T>> {
                let inner = match self.inner.$try_lock() {
                    Ok(guard) => guard,
                    Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                    Err(TryLockError::WouldBlock) => return None,
                };
                Some($Guard::new(&self.gate, $operation, inner))
            }

            #[cold]
            fn $wait(&self) -> sync::$Guard<'_, T> {
                self.gate.wait($operation, || recover(self.inner.$lock()))
            }
        }
    };
}

side! {
    /// Takes the lock together with other readers; blocks the thread until it can. A thread that reads already may wait
    /// forever, for a writer that waits for it.
    read,
    /// Takes the lock together with other readers, if no writer has it.
    try_read,
    wait_to_read -> RwLockReadGuard, Operation::Read
}
side! {
    /// Takes the lock alone; blocks the thread until it can.
    write,
    /// Takes the lock alone, if nobody has it.
    try_write,
    wait_to_write -> RwLockWriteGuard, Operation::Write
}

named!(RwLock[?Sized]);

guard! {
    /// Holds an [`RwLock`] together with other readers until it is dropped.
    RwLockReadGuard ['a, T: ?Sized] ['a, T], of sync::RwLockReadGuard<'a, T>, told by &'a Gate, exclusive: false
}
guard! {
    /// Holds an [`RwLock`] alone until it is dropped.
    RwLockWriteGuard ['a, T: ?Sized] ['a, T], of sync::RwLockWriteGuard<'a, T>, told by &'a Gate, exclusive: true
}
deref_mut!(RwLockWriteGuard ['a, T: ?Sized] ['a, T]);
