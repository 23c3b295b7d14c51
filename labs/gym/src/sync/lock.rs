//! A lock that may be held across `.await`, as `tokio::sync::Mutex`.

use super::Op;
use crate::explore::turn;
use crate::record::{self, What};
use std::ops::{Deref, DerefMut};
use std::panic::Location;

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
        // What is done under a lock concerns others only once it is given back.
        turn::point();
        if !turn::is_over() {
            record::event(What::Does, "unlock", Some(self.resource), None);
        }
    }
}
