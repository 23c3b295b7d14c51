//! Three states, and nothing that orders the value with them.

use gym::atomic::Ordering::Relaxed;
use gym::atomic::{AtomicUsize, UnsafeCell};

pub struct Once<T> {
    state: AtomicUsize,
    value: UnsafeCell<Option<T>>,
}

unsafe impl<T: Copy + Send + Sync> Sync for Once<T> {}

impl<T: Copy> Once<T> {
    pub fn new() -> Once<T> {
        Once {
            state: AtomicUsize::new(0),
            value: UnsafeCell::new(None),
        }
    }

    pub fn set(&self, value: T) -> bool {
        if self.state.compare_exchange(0, 1, Relaxed, Relaxed).is_err() {
            return false;
        }
        self.value
            .with_mut(|place| unsafe { place.write(Some(value)) });
        self.state.store(2, Relaxed);
        true
    }

    pub fn get(&self) -> Option<T> {
        if self.state.load(Relaxed) == 2 {
            self.value.with(|place| unsafe { place.read() })
        } else {
            None
        }
    }
}
