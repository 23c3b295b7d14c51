//! A lock for many readers or one writer, as `std::sync::RwLock`.

use super::LockResult;
use crate::explore::block_on;
use crate::record;
use crate::sync::{Op, frees, holds};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// A value that many may read, or one may write. Who waits to write goes before readers that come
/// later.
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

    /// Waits until nobody writes, together with the thread. Never an error.
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let inner = block_on(Op::new("read", Some(self.resource), self.inner.read()));
        holds(self.resource, "the lock, to read");
        Ok(RwLockReadGuard {
            inner,
            resource: self.resource,
            of_thread: PhantomData,
        })
    }

    /// Waits until nobody reads or writes, together with the thread. Never an error.
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let inner = block_on(Op::new("write", Some(self.resource), self.inner.write()));
        holds(self.resource, "the lock, to write");
        Ok(RwLockWriteGuard {
            inner,
            resource: self.resource,
            of_thread: PhantomData,
        })
    }

    /// The value, when nobody else can have it. Never an error.
    pub fn into_inner(self) -> LockResult<T> {
        Ok(self.inner.into_inner())
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
    of_thread: PhantomData<*const ()>,
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
    of_thread: PhantomData<*const ()>,
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
