//! A place to meet, as `tokio::sync::Barrier`.

use super::Op;
use crate::record;
use std::panic::Location;
pub use tokio::sync::BarrierWaitResult;

/// Lets nobody go on before so many have come.
#[derive(Debug)]
pub struct Barrier {
    inner: tokio::sync::Barrier,
    resource: usize,
}

impl Barrier {
    /// For so many tasks.
    #[track_caller]
    pub fn new(tasks: usize) -> Barrier {
        Barrier {
            inner: tokio::sync::Barrier::new(tasks),
            resource: record::resource("barrier", Location::caller()),
        }
    }

    /// Waits for the others; one of them hears that it is the leader.
    pub async fn wait(&self) -> BarrierWaitResult {
        Op::new("meet the others", Some(self.resource), self.inner.wait()).await
    }
}
