//! A value that is set once and read without a lock.
//!
//! `gym::atomic` is `std::sync::atomic` for exercises: the same names and orderings, and every value
//! that a load may return is tried. The cell's `with` and `with_mut` stand for `UnsafeCell::get`.

//: solution
use gym::atomic::Ordering::{Acquire, Relaxed, Release};
use gym::atomic::{AtomicUsize, UnsafeCell};

/// Nobody has been here.
const EMPTY: usize = 0;
/// One thread writes.
const BUSY: usize = 1;
/// The value is there for good.
const SET: usize = 2;
//: starter
//| use gym::atomic::Ordering::Relaxed;
//| use gym::atomic::{AtomicBool, UnsafeCell};
//: end

/// Empty, or a value for good.
pub struct Once<T> {
    //: solution
    state: AtomicUsize,
    //: starter
    //| set: AtomicBool,
    //: end
    value: UnsafeCell<Option<T>>,
}

// SAFETY: this is what the exercise is about. Of two threads that use the cell at once, none writes.
unsafe impl<T: Copy + Send + Sync> Sync for Once<T> {}

impl<T: Copy> Once<T> {
    /// Empty.
    pub fn new() -> Once<T> {
        Once {
            //: solution
            state: AtomicUsize::new(EMPTY),
            //: starter
            //| set: AtomicBool::new(false),
            //: end
            value: UnsafeCell::new(None),
        }
    }

    /// Sets the value, unless somebody has or is about to; says whether it did.
    pub fn set(&self, value: T) -> bool {
        //: solution
        let entered = self.state.compare_exchange(EMPTY, BUSY, Relaxed, Relaxed);
        if entered.is_err() {
            return false;
        }
        self.write(value);
        self.state.store(SET, Release);
        true
        //: starter
        //| if self.set.load(Relaxed) {
        //|     return false;
        //| }
        //| self.set.store(true, Relaxed);
        //| self.write(value);
        //| true
        //: end
    }

    /// The value, if it is set.
    pub fn get(&self) -> Option<T> {
        //: solution
        let is_set = self.state.load(Acquire) == SET;
        //: starter
        //| let is_set = self.set.load(Relaxed);
        //: end
        if is_set { self.read() } else { None }
    }

    /// Only for one who knows that nobody else reads or writes.
    fn write(&self, value: T) {
        // SAFETY: whoever calls it sees to that.
        self.value
            .with_mut(|place| unsafe { place.write(Some(value)) });
    }

    /// Only for one who knows that nobody writes.
    fn read(&self) -> Option<T> {
        // SAFETY: whoever calls it sees to that.
        self.value.with(|place| unsafe { place.read() })
    }
}
