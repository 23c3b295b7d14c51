//! A step that loom takes for one that every other one depends on.
//!
//! loom leaves out orders that come to the same, and for that remembers of each atomic only the last
//! access. A load hides another thread's load before it, and then a store is never tried before that
//! one. Of reference counts it takes every release for one that depends on the one before, and so a
//! count is released before each access. Nothing is ever acquired from it, so that no access is
//! ordered by it.

use loom::sync::Arc;

/// Stands beside an atomic.
#[derive(Debug)]
pub(super) struct Point(Option<Arc<()>>);

impl Point {
    pub(super) fn new() -> Point {
        Point(Some(Arc::new(())))
    }

    /// Any other thread may access the atomic before what comes next.
    pub(super) fn pass(&self) {
        drop(self.0.clone());
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        // Whoever unwinds has left the execution.
        if std::thread::panicking() {
            std::mem::forget(self.0.take());
        }
    }
}
