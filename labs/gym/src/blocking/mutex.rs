//! A lock, as `std::sync::Mutex`.

use super::{LockResult, TryLockError, TryLockResult};
use crate::explore::block_on;
use crate::record;
use crate::sync::{Op, at_once, frees, holds};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// A value that one thread at a time may use.
#[derive(Debug)]
pub struct Mutex<T> {
    inner: tokio::sync::Mutex<T>,
    resource: usize,
}

impl<T> Mutex<T> {
    /// A lock around `value`.
    #[track_caller]
    pub fn new(value: T) -> Mutex<T> {
        Mutex {
            inner: tokio::sync::Mutex::new(value),
            resource: record::resource("lock", Location::caller()),
        }
    }

    /// Waits for the lock, together with the thread. Never an error.
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let inner = block_on(Op::new("lock", Some(self.resource), self.inner.lock()));
        Ok(self.guard(inner))
    }

    /// The lock, if nobody has it now.
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let inner = at_once(
            self.resource,
            || self.inner.try_lock(),
            |result| {
                if result.is_ok() {
                    "lock".into()
                } else {
                    "try to lock: somebody has it".into()
                }
            },
        );
        inner
            .map(|inner| self.guard(inner))
            .map_err(|_| TryLockError::WouldBlock)
    }

    fn guard<'a>(&'a self, inner: tokio::sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        holds(self.resource, "the lock");
        MutexGuard {
            lock: self,
            inner,
            of_thread: PhantomData,
        }
    }

    /// The value, when nobody else can have it. Never an error.
    pub fn into_inner(self) -> LockResult<T> {
        Ok(self.inner.into_inner())
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

/// The lock, until it is dropped.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    lock: &'a Mutex<T>,
    inner: tokio::sync::MutexGuard<'a, T>,
    /// It stays on the thread that has locked.
    of_thread: PhantomData<*const ()>,
}

impl<'a, T> MutexGuard<'a, T> {
    pub(super) fn mutex(&self) -> &'a Mutex<T> {
        self.lock
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        frees(self.lock.resource, "unlock");
    }
}
