//! A value that is set once, as `std::sync::OnceLock`.

use crate::explore::block_on;
use crate::sync::OnceCell;

/// Empty, or a value for good.
#[derive(Debug)]
pub struct OnceLock<T>(OnceCell<T>);

impl<T> OnceLock<T> {
    /// Empty.
    #[track_caller]
    pub fn new() -> OnceLock<T> {
        OnceLock(OnceCell::new())
    }

    /// The value, if it is set.
    pub fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// Sets the value; it comes back if there is one.
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init_with(|| value.take());
        value.map_or(Ok(()), Err)
    }

    /// The value; if there is none, what `init` returns. Only one thread runs its `init`, and the
    /// others wait for it.
    pub fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        block_on(self.0.get_or_init(|| async { init() }))
    }

    fn get_or_init_with(&self, init: impl FnOnce() -> Option<T>) {
        let _ = block_on(self.0.get_or_try_init(|| async { init().ok_or(()) }));
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        OnceLock::new()
    }
}
