//! Numbers and flags without a lock, as `std::sync::atomic`.
//!
//! They are explored as sequentially consistent, whatever ordering is asked for.

use super::at_once;
use crate::record;
use std::panic::Location;
pub use std::sync::atomic::Ordering;

macro_rules! atomic {
    ($Name:ident, $Value:ty, $about:literal) => {
        #[doc = $about]
        #[derive(Debug)]
        pub struct $Name {
            inner: std::sync::atomic::$Name,
            resource: usize,
        }

        impl $Name {
            /// With this value.
            #[track_caller]
            pub fn new(value: $Value) -> Self {
                let resource = record::resource("atomic", Location::caller());
                Self {
                    inner: std::sync::atomic::$Name::new(value),
                    resource,
                }
            }

            /// The value now.
            pub fn load(&self, _: Ordering) -> $Value {
                let load = || self.inner.load(Ordering::SeqCst);
                at_once(self.resource, load, |value| format!("load {value}").into())
            }

            /// Sets the value.
            pub fn store(&self, value: $Value, _: Ordering) {
                let store = || self.inner.store(value, Ordering::SeqCst);
                at_once(self.resource, store, |()| format!("store {value}").into());
            }

            /// Sets the value and gives the one before.
            pub fn swap(&self, value: $Value, _: Ordering) -> $Value {
                let swap = || self.inner.swap(value, Ordering::SeqCst);
                at_once(self.resource, swap, |before| {
                    format!("swap {before} for {value}").into()
                })
            }

            /// Sets `new` if the value is `current`; gives the value it found.
            pub fn compare_exchange(
                &self,
                current: $Value,
                new: $Value,
                _: Ordering,
                _: Ordering,
            ) -> Result<$Value, $Value> {
                let exchange = || {
                    self.inner
                        .compare_exchange(current, new, Ordering::SeqCst, Ordering::SeqCst)
                };
                at_once(self.resource, exchange, |result| match result {
                    Ok(before) => format!("exchange {before} for {new}").into(),
                    Err(found) => format!("exchange {current}: refused, it is {found}").into(),
                })
            }
        }
    };
}

atomic!(AtomicBool, bool, "A flag.");
atomic!(AtomicUsize, usize, "A number.");
atomic!(AtomicU64, u64, "A number of 64 bits.");

macro_rules! counting {
    ($Name:ident, $Value:ty) => {
        impl $Name {
            /// Adds and gives the value before.
            pub fn fetch_add(&self, value: $Value, _: Ordering) -> $Value {
                let add = || self.inner.fetch_add(value, Ordering::SeqCst);
                at_once(self.resource, add, |before| {
                    format!("add {value} to {before}").into()
                })
            }

            /// Subtracts and gives the value before.
            pub fn fetch_sub(&self, value: $Value, _: Ordering) -> $Value {
                let sub = || self.inner.fetch_sub(value, Ordering::SeqCst);
                at_once(self.resource, sub, |before| {
                    format!("subtract {value} from {before}").into()
                })
            }
        }
    };
}

counting!(AtomicUsize, usize);
counting!(AtomicU64, u64);
