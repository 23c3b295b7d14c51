//! A lock for many readers or one writer, as `tokio::sync::RwLock`.

use super::{Op, frees, holds};
use crate::record;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// A value that many may read, or one may write. It is fair: who waits to write goes before readers
/// that come later.
#[derive(Debug)]
pub struct RwLock<T> {
    inner: tokio::sync::RwLock<T>,
    resource: usize,
}

impl<T> RwLock<T> {
    /// A lock around `value`.
    #[track_caller]
    pub fn new(value: T) -> RwLock<T> {
        RwLock {
            inner: tokio::sync::RwLock::new(value),
            resource: record::resource("read-write lock", Location::caller()),
        }
    }

    /// Waits until nobody writes.
    pub async fn read(&self) -> RwLockReadGuard<'_, T> {
        let inner = Op::new("read", Some(self.resource), self.inner.read()).await;
        holds(self.resource, "the lock, to read");
        RwLockReadGuard {
            inner,
            resource: self.resource,
        }
    }

    /// Waits until nobody reads or writes.
    pub async fn write(&self) -> RwLockWriteGuard<'_, T> {
        let inner = Op::new("write", Some(self.resource), self.inner.write()).await;
        holds(self.resource, "the lock, to write");
        RwLockWriteGuard {
            inner,
            resource: self.resource,
        }
    }

    /// The value, when nobody else can have it.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

/// The lock for reading, until it is dropped.
#[derive(Debug)]
pub struct RwLockReadGuard<'a, T> {
    inner: tokio::sync::RwLockReadGuard<'a, T>,
    resource: usize,
}

impl<T> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        frees(self.resource, "stop reading");
    }
}

/// The lock for writing, until it is dropped.
#[derive(Debug)]
pub struct RwLockWriteGuard<'a, T> {
    inner: tokio::sync::RwLockWriteGuard<'a, T>,
    resource: usize,
}

impl<T> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        frees(self.resource, "stop writing");
    }
}
