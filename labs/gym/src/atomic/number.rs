//! Numbers and flags without a lock, with the orderings that they are asked for.

use super::point::Point;
use super::thread::runs;
use crate::record::{self, What};
use std::fmt::{Debug, Display};
use std::panic::Location;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The newest value, for the record: what a load may return is loom's business.
#[derive(Debug)]
struct Newest<T> {
    point: Point,
    resource: usize,
    last: Mutex<Last<T>>,
}

#[derive(Clone, Copy, Debug)]
struct Last<T> {
    value: T,
    /// The lane that has set it so that others see what it did before.
    released_by: Option<usize>,
}

impl<T: Copy + PartialEq + Display + Debug> Newest<T> {
    #[track_caller]
    fn new(value: T) -> Newest<T> {
        Newest {
            point: Point::new(),
            resource: record::resource("atomic", Location::caller()),
            last: Mutex::new(Last {
                value,
                released_by: None,
            }),
        }
    }

    fn last(&self) -> MutexGuard<'_, Last<T>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value that is loaded, on record; `refused` is what it should have been.
    fn loaded(&self, verb: &str, value: T, ordering: Ordering) {
        runs();
        let last = *self.last();
        let by = last
            .released_by
            .filter(|_| value == last.value && matches!(ordering, Acquire | AcqRel | SeqCst));
        let by = by.filter(|by| *by != record::record().running);
        let old = if value == last.value {
            String::new()
        } else {
            format!(": an old value, it is {} by now", last.value)
        };
        let label = format!("{verb} {value}, {ordering:?}{old}");
        record::event(What::Does, label, Some(self.resource), by);
    }

    /// A value that is stored, on record.
    fn stored(&self, label: String, value: T, ordering: Ordering) {
        runs();
        let running = record::record().running;
        *self.last() = Last {
            value,
            released_by: matches!(ordering, Release | AcqRel | SeqCst).then_some(running),
        };
        record::event(What::Does, label, Some(self.resource), None);
    }

    /// A value that is replaced in one step: loaded and stored.
    fn replaced(&self, label: String, value: T, ordering: Ordering) {
        runs();
        let (before, running) = (*self.last(), record::record().running);
        let by = before
            .released_by
            .filter(|by| *by != running && matches!(ordering, Acquire | AcqRel | SeqCst));
        // Whoever acquires the new value sees what was released with the old one too.
        let released_by = if matches!(ordering, Release | AcqRel | SeqCst) {
            Some(running)
        } else {
            before.released_by
        };
        *self.last() = Last { value, released_by };
        record::event(What::Does, label, Some(self.resource), by);
    }
}

macro_rules! atomic {
    ($Name:ident, $Value:ty, $about:literal) => {
        #[doc = $about]
        #[derive(Debug)]
        pub struct $Name {
            inner: loom::sync::atomic::$Name,
            newest: Newest<$Value>,
        }

        impl $Name {
            /// With this value.
            #[track_caller]
            pub fn new(value: $Value) -> Self {
                Self {
                    inner: loom::sync::atomic::$Name::new(value),
                    newest: Newest::new(value),
                }
            }

            /// A value that it has or, as far as the ordering allows, had.
            pub fn load(&self, ordering: Ordering) -> $Value {
                if std::thread::panicking() {
                    return self.newest.last().value;
                }
                self.newest.point.pass();
                let value = self.inner.load(ordering);
                self.newest.loaded("load", value, ordering);
                value
            }

            /// Sets the value.
            pub fn store(&self, value: $Value, ordering: Ordering) {
                if std::thread::panicking() {
                    return;
                }
                self.newest.point.pass();
                self.inner.store(value, ordering);
                self.newest
                    .stored(format!("store {value}, {ordering:?}"), value, ordering);
            }

            /// Sets the value and gives the one before.
            pub fn swap(&self, value: $Value, ordering: Ordering) -> $Value {
                if std::thread::panicking() {
                    return self.newest.last().value;
                }
                self.newest.point.pass();
                let before = self.inner.swap(value, ordering);
                let label = format!("swap {before} for {value}, {ordering:?}");
                self.newest.replaced(label, value, ordering);
                before
            }

            /// Sets `new` if the value is `current`; gives the value it found.
            pub fn compare_exchange(
                &self,
                current: $Value,
                new: $Value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$Value, $Value> {
                if std::thread::panicking() {
                    return Err(self.newest.last().value);
                }
                self.newest.point.pass();
                let result = self.inner.compare_exchange(current, new, success, failure);
                match result {
                    Ok(before) => {
                        let label = format!("exchange {before} for {new}, {success:?}");
                        self.newest.replaced(label, new, success);
                    }
                    Err(found) => {
                        let verb = format!("exchange {current}: refused, load");
                        self.newest.loaded(&verb, found, failure);
                    }
                }
                result
            }

            /// As `compare_exchange`; a processor may refuse it without a reason, which is not
            /// explored.
            pub fn compare_exchange_weak(
                &self,
                current: $Value,
                new: $Value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$Value, $Value> {
                self.compare_exchange(current, new, success, failure)
            }
        }

        impl Default for $Name {
            #[track_caller]
            fn default() -> Self {
                Self::new(<$Value>::default())
            }
        }
    };
}

atomic!(AtomicBool, bool, "A flag.");
atomic!(AtomicUsize, usize, "A number.");
atomic!(AtomicU32, u32, "A number of 32 bits.");
atomic!(AtomicU64, u64, "A number of 64 bits.");

macro_rules! replacing {
    ($Name:ident, $Value:ty, $($(#[$about:meta])* $method:ident = $verb:literal, $new:expr;)+) => {
        impl $Name {
            $($(#[$about])*
            pub fn $method(&self, value: $Value, ordering: Ordering) -> $Value {
                if std::thread::panicking() {
                    return self.newest.last().value;
                }
                self.newest.point.pass();
                let before = self.inner.$method(value, ordering);
                let new: fn($Value, $Value) -> $Value = $new;
                let new = new(before, value);
                let label = format!(concat!($verb, " {}: {} becomes {}, {:?}"), value, before, new, ordering);
                self.newest.replaced(label, new, ordering);
                before
            })+
        }
    };
}

macro_rules! counting {
    ($($Name:ident, $Value:ty;)+) => {
        $(replacing!(
            $Name, $Value,
            /// Adds and gives the value before.
            fetch_add = "add", <$Value>::wrapping_add;
            /// Subtracts and gives the value before.
            fetch_sub = "subtract", <$Value>::wrapping_sub;
            /// Sets these bits and gives the value before.
            fetch_or = "set", |before, value| before | value;
            /// Keeps only these bits and gives the value before.
            fetch_and = "keep", |before, value| before & value;
            /// Sets the greater of the two and gives the value before.
            fetch_max = "at least", Ord::max;
        );)+
    };
}

counting!(
    AtomicUsize, usize;
    AtomicU32, u32;
    AtomicU64, u64;
);
replacing!(
    AtomicBool, bool,
    /// Sets it if `value` is true, and gives the value before.
    fetch_or = "or", |before, value| before | value;
    /// Clears it if `value` is false, and gives the value before.
    fetch_and = "and", |before, value| before & value;
);
