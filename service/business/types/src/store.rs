//! How a store can fail, as far as the domains and their callers care.

use std::error::Error;
use std::sync::Arc;

use thiserror::Error;

/// Why a store could not do what was asked. Cheap to clone: when one commit fails, every order in
/// it gets the same cause.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// More work is waiting than the store may hold, or another program holds its lock. Nothing was
    /// written; try again shortly.
    #[error("the store is busy")]
    Busy,
    /// The store has been closed. Nothing was written.
    #[error("the store is closed")]
    Closed,
    /// The store itself failed. Nothing was written.
    #[error("the store failed: {0}")]
    Failed(Arc<dyn Error + Send + Sync>),
}

impl StoreError {
    /// The store failed because of `cause`.
    pub fn failed(cause: impl Error + Send + Sync + 'static) -> StoreError {
        StoreError::Failed(Arc::new(cause))
    }
}
