//! Publishes as one should, but two may find it empty.

use gym::atomic::Ordering::{Acquire, Release};
use gym::atomic::{AtomicBool, UnsafeCell};

pub struct Once<T> {
    set: AtomicBool,
    value: UnsafeCell<Option<T>>,
}

unsafe impl<T: Copy + Send + Sync> Sync for Once<T> {}

impl<T: Copy> Once<T> {
    pub fn new() -> Once<T> {
        Once {
            set: AtomicBool::new(false),
            value: UnsafeCell::new(None),
        }
    }

    pub fn set(&self, value: T) -> bool {
        if self.set.load(Acquire) {
            return false;
        }
        self.value
            .with_mut(|place| unsafe { place.write(Some(value)) });
        self.set.store(true, Release);
        true
    }

    pub fn get(&self) -> Option<T> {
        if self.set.load(Acquire) {
            self.value.with(|place| unsafe { place.read() })
        } else {
            None
        }
    }
}
