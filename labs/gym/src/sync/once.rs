//! A value that is set once, as `tokio::sync::OnceCell`.

use super::{Op, at_once};
use crate::record;
use std::panic::Location;
pub use tokio::sync::SetError;

/// Empty, or a value for good.
#[derive(Debug)]
pub struct OnceCell<T> {
    inner: tokio::sync::OnceCell<T>,
    resource: usize,
}

impl<T> OnceCell<T> {
    /// Empty.
    #[track_caller]
    pub fn new() -> OnceCell<T> {
        OnceCell {
            inner: tokio::sync::OnceCell::new(),
            resource: record::resource("once cell", Location::caller()),
        }
    }

    /// The value, if it is set.
    pub fn get(&self) -> Option<&T> {
        at_once(
            self.resource,
            || self.inner.get(),
            |value| {
                if value.is_some() {
                    "look".into()
                } else {
                    "look: empty".into()
                }
            },
        )
    }

    /// Sets the value; it comes back if there is one, or somebody is about to set it.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        at_once(
            self.resource,
            || self.inner.set(value),
            |result| {
                if result.is_ok() {
                    "set".into()
                } else {
                    "set: refused".into()
                }
            },
        )
    }

    /// The value; if there is none, what `init` comes to. Only one task at a time runs its `init`,
    /// and the others wait for it.
    pub async fn get_or_init<F, Fut>(&self, init: F) -> &T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        Op::new(
            "get or set",
            Some(self.resource),
            self.inner.get_or_init(init),
        )
        .await
    }

    /// As `get_or_init`, with an `init` that may fail: then the cell stays empty.
    pub async fn get_or_try_init<E, F, Fut>(&self, init: F) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        Op::new(
            "get or set",
            Some(self.resource),
            self.inner.get_or_try_init(init),
        )
        .saying(|result| if result.is_ok() { "" } else { "it stays empty" })
        .await
    }
}

impl<T> Default for OnceCell<T> {
    #[track_caller]
    fn default() -> Self {
        OnceCell::new()
    }
}
