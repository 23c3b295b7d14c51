//! A lock that may be held across `.await`, as `tokio::sync::Mutex`.

use super::{Op, at_once, frees, holds};
use crate::record;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use tokio::sync::TryLockError;

/// A value that one task at a time may use.
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

    /// Waits for the lock.
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        let inner = Op::new("lock", Some(self.resource), self.inner.lock()).await;
        self.guard(inner)
    }

    /// The lock, if nobody has it now.
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let inner = at_once(
            self.resource,
            || self.inner.try_lock(),
            |result| match result {
                Ok(_) => "lock".into(),
                Err(_) => "try to lock: somebody has it".into(),
            },
        )?;
        Ok(self.guard(inner))
    }

    fn guard<'a>(&self, inner: tokio::sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        holds(self.resource, "the lock");
        MutexGuard {
            inner,
            resource: self.resource,
        }
    }

    /// The value, when nobody else can have it.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
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
    inner: tokio::sync::MutexGuard<'a, T>,
    resource: usize,
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
        frees(self.resource, "unlock");
    }
}
