//! A cell whose accesses nothing orders, as `std::cell::UnsafeCell`.

use super::thread::runs;
use crate::record::{self, What};
use std::panic::Location;

/// A value that may be changed through a shared reference. Two accesses of different threads, one
/// of them a write, must be ordered by something else; that is checked.
///
/// In place of `get` there are [`UnsafeCell::with`] and [`UnsafeCell::with_mut`], which say whether
/// the access is a write, and how long it takes.
#[derive(Debug)]
pub struct UnsafeCell<T> {
    /// What checks the accesses.
    tracked: loom::cell::UnsafeCell<()>,
    data: std::cell::UnsafeCell<T>,
    resource: usize,
}

impl<T> UnsafeCell<T> {
    /// With this value.
    #[track_caller]
    pub fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell {
            tracked: loom::cell::UnsafeCell::new(()),
            data: std::cell::UnsafeCell::new(value),
            resource: record::resource("cell", Location::caller()),
        }
    }

    /// Reads: the pointer is good for that until `read` returns.
    pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        if std::thread::panicking() {
            return read(self.data.get());
        }
        self.begins("read");
        self.tracked.with(|_| read(self.data.get()))
    }

    /// Writes: nobody else may have a pointer until `write` returns.
    pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        if std::thread::panicking() {
            return write(self.data.get());
        }
        self.begins("write");
        self.tracked.with_mut(|_| write(self.data.get()))
    }

    /// The value, when nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// The value, when nobody else can have it.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }

    /// It is on record before it is checked, so that an access that is refused is the last event.
    fn begins(&self, access: &'static str) {
        runs();
        record::event(What::Does, access, Some(self.resource), None);
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}
