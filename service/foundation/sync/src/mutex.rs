//! A mutex that blocks its thread: the standard library's, with a name.

use std::borrow::Cow;
use std::sync::{self, TryLockError};

use crate::event::Operation;
use crate::guard::{deref_mut, guard, named};
use crate::recover;
use crate::resource::{Identity, ResourceKind};
use crate::wait::Gate;

/// [`std::sync::Mutex`] with a name.
///
/// It is never poisoned: when a holder panics the lock is released, and the next one finds the value as it was left.
///
/// ```
/// static VISITORS: sync::Mutex<u32> = sync::Mutex::const_new("visitors", 0);
///
/// *VISITORS.lock() += 1;
/// assert_eq!(*VISITORS.lock(), 1);
/// assert_eq!(VISITORS.name(), "visitors");
/// ```
pub struct Mutex<T: ?Sized> {
    gate: Gate,
    inner: sync::Mutex<T>,
}

impl<T> Mutex<T> {
    /// A mutex of that name.
    pub fn new(name: impl Into<Cow<'static, str>>, value: T) -> Self {
        Self {
            gate: Gate::new(Identity::new(ResourceKind::Mutex, name.into(), None)),
            inner: sync::Mutex::new(value),
        }
    }

    /// A mutex for a `static`.
    pub const fn const_new(name: &'static str, value: T) -> Self {
        Self {
            gate: Gate::new(Identity::constant(ResourceKind::Mutex, name)),
            inner: sync::Mutex::new(value),
        }
    }

    /// The value, of a mutex that nobody else has.
    pub fn into_inner(self) -> T {
        recover(self.inner.into_inner())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the lock; blocks the thread until it can. A thread that has the lock already waits forever, or panics.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let inner = match self.inner.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.wait(),
        };
        MutexGuard::new(&self.gate, Operation::Lock, inner)
    }

    /// Takes the lock if nobody has it.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let inner = match self.inner.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(MutexGuard::new(&self.gate, Operation::Lock, inner))
    }

    /// The value; nothing is locked, because nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        recover(self.inner.get_mut())
    }

    #[cold]
    fn wait(&self) -> sync::MutexGuard<'_, T> {
        self.gate
            .wait(Operation::Lock, || recover(self.inner.lock()))
    }
}

named!(Mutex[?Sized]);

guard! {
    /// Holds a [`Mutex`] until it is dropped.
    MutexGuard ['a, T: ?Sized] ['a, T], of sync::MutexGuard<'a, T>, told by &'a Gate, exclusive: true
}
deref_mut!(MutexGuard ['a, T: ?Sized] ['a, T]);
