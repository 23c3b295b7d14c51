//! Permits, as `tokio::sync::Semaphore`.

use super::{Op, at_once, frees, holds};
use crate::record;
use std::panic::Location;
use std::sync::Arc;
pub use tokio::sync::{AcquireError, TryAcquireError};

/// A number of permits. Who waits first is served first.
#[derive(Debug)]
pub struct Semaphore {
    inner: Arc<tokio::sync::Semaphore>,
    resource: usize,
}

impl Semaphore {
    /// With so many permits.
    #[track_caller]
    pub fn new(permits: usize) -> Semaphore {
        Semaphore {
            inner: Arc::new(tokio::sync::Semaphore::new(permits)),
            resource: record::resource("semaphore", Location::caller()),
        }
    }

    /// Waits for a permit; an error when the semaphore is closed.
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.acquire_many(1).await
    }

    /// Waits for so many permits at once.
    pub async fn acquire_many(&self, permits: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        let acquire = self.inner.acquire_many(permits);
        let inner = Op::new("get a permit", Some(self.resource), acquire)
            .saying(|result| refused(result.is_err()))
            .await?;
        holds(self.resource, "a permit");
        Ok(SemaphorePermit {
            inner: Some(inner),
            resource: self.resource,
        })
    }

    /// Waits for a permit that may go to another task.
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        let acquire = Arc::clone(&self.inner).acquire_owned();
        let inner = Op::new("get a permit", Some(self.resource), acquire)
            .saying(|result| refused(result.is_err()))
            .await?;
        holds(self.resource, "a permit");
        Ok(OwnedSemaphorePermit {
            inner: Some(inner),
            resource: self.resource,
        })
    }

    /// A permit, if one is left now.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let inner = at_once(
            self.resource,
            || self.inner.try_acquire(),
            |result| match result {
                Ok(_) => "get a permit".into(),
                Err(TryAcquireError::NoPermits) => "try to get a permit: none is left".into(),
                Err(TryAcquireError::Closed) => "try to get a permit: closed".into(),
            },
        )?;
        holds(self.resource, "a permit");
        Ok(SemaphorePermit {
            inner: Some(inner),
            resource: self.resource,
        })
    }

    /// So many permits more.
    pub fn add_permits(&self, permits: usize) {
        at_once(
            self.resource,
            || self.inner.add_permits(permits),
            |()| format!("add {permits}").into(),
        );
    }

    /// How many are left now.
    pub fn available_permits(&self) -> usize {
        at_once(
            self.resource,
            || self.inner.available_permits(),
            |permits| format!("count: {permits}").into(),
        )
    }

    /// Gives no more permits: who waits hears an error.
    pub fn close(&self) {
        at_once(self.resource, || self.inner.close(), |()| "close".into());
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        at_once(
            self.resource,
            || self.inner.is_closed(),
            |closed| format!("ask if it is closed: {closed}").into(),
        )
    }
}

fn refused(refused: bool) -> &'static str {
    if refused { "refused, it is closed" } else { "" }
}

macro_rules! permit {
    ($(#[$about:meta])* $Name:ident, $Inner:ty $(, $life:lifetime)?) => {
        $(#[$about])*
        #[derive(Debug)]
        pub struct $Name$(<$life>)? {
            inner: Option<$Inner>,
            resource: usize,
        }

        impl$(<$life>)? $Name$(<$life>)? {
            /// Does not give it back.
            pub fn forget(mut self) {
                if let Some(inner) = self.inner.take() {
                    inner.forget();
                }
            }
        }

        impl$(<$life>)? Drop for $Name$(<$life>)? {
            fn drop(&mut self) {
                if self.inner.is_some() {
                    frees(self.resource, "give the permit back");
                }
            }
        }
    };
}

permit!(
    /// A permit, until it is dropped.
    SemaphorePermit, tokio::sync::SemaphorePermit<'a>, 'a
);
permit!(
    /// A permit that borrows nothing, until it is dropped.
    OwnedSemaphorePermit,
    tokio::sync::OwnedSemaphorePermit
);
