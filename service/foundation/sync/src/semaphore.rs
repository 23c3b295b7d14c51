//! A number of permits that tasks take and give back.

pub(crate) mod core;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::event::Operation;
use crate::guard::stay_on_the_stack;
use crate::resource::{Identity, ResourceId, ResourceKind};
use crate::task::TaskId;
use core::Core;

/// So many may do something at once; the others wait. It reads like [`tokio::sync::Semaphore`].
///
/// Whoever waited longest goes first, and one that wants many permits is not overtaken by those that want few. A wait
/// may be given up by dropping it: nothing has been taken then.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sync::Closed> {
/// let connections = sync::Semaphore::new("connections", 2);
/// let one = connections.acquire().await?;
/// assert_eq!(connections.available_permits(), 1);
/// assert!(connections.try_acquire_many(2).is_err());
/// drop(one);
/// let both = connections.acquire_many(2).await?;
/// assert_eq!(both.num_permits(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Semaphore {
    core: Core,
}

impl Semaphore {
    /// A semaphore of that name with so many permits.
    pub fn new(name: impl Into<Cow<'static, str>>, permits: usize) -> Self {
        let identity = Identity::new(ResourceKind::Semaphore, name.into(), Some(permits));
        Self {
            core: Core::new(identity, Operation::Acquire, permits),
        }
    }

    /// Takes a permit; waits until there is one.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, Closed> {
        self.acquire_many(1).await
    }

    /// Takes so many permits at once; waits until there are as many.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_many(&self, permits: usize) -> Result<SemaphorePermit<'_>, Closed> {
        let holder = self.core.acquire(permits).await?;
        Ok(SemaphorePermit {
            semaphore: self,
            permits,
            holder,
        })
    }

    /// Takes a permit; waits until there is one. The permit keeps the semaphore alive and may go anywhere.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, Closed> {
        self.acquire_many_owned(1).await
    }

    /// Takes so many permits at once; waits until there are as many. They keep the semaphore alive and may go anywhere.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_many_owned(
        self: Arc<Self>,
        permits: usize,
    ) -> Result<OwnedSemaphorePermit, Closed> {
        let holder = self.core.acquire(permits).await?;
        Ok(OwnedSemaphorePermit {
            semaphore: self,
            permits,
            holder,
        })
    }

    /// Takes a permit if there is one and nobody waits for it.
    ///
    /// # Errors
    /// There is none, or the semaphore is closed.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes so many permits if there are as many and nobody waits.
    ///
    /// # Errors
    /// There are too few, or the semaphore is closed.
    pub fn try_acquire_many(&self, permits: usize) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let holder = self.core.try_acquire(permits)?;
        Ok(SemaphorePermit {
            semaphore: self,
            permits,
            holder,
        })
    }

    /// As [`Semaphore::try_acquire`]; the permit keeps the semaphore alive and may go anywhere.
    ///
    /// # Errors
    /// There is none, or the semaphore is closed.
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// As [`Semaphore::try_acquire_many`]; the permits keep the semaphore alive and may go anywhere.
    ///
    /// # Errors
    /// There are too few, or the semaphore is closed.
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        permits: usize,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        let holder = self.core.try_acquire(permits)?;
        Ok(OwnedSemaphorePermit {
            semaphore: self,
            permits,
            holder,
        })
    }

    /// How many permits there are to take now.
    pub fn available_permits(&self) -> usize {
        self.core.available()
    }

    /// Adds permits.
    pub fn add_permits(&self, permits: usize) {
        self.core.add(permits);
    }

    /// Closes the semaphore: whoever waits, or wants permits later, gets [`Closed`]. Permits that were taken stay valid.
    pub fn close(&self) {
        self.core.close();
    }

    /// True once it is closed.
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// Its identity in [`Event`](crate::Event)s.
    pub fn id(&self) -> ResourceId {
        self.core.identity.id()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.core.identity.name
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("name", &self.name())
            .field("available", &self.available_permits())
            .finish_non_exhaustive()
    }
}

/// It was closed: nothing can be taken from it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is closed")]
pub struct Closed;

/// Why permits could not be had at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TryAcquireError {
    /// The semaphore is closed.
    #[error("the semaphore is closed")]
    Closed,
    /// There are too few, or others wait for them.
    #[error("there are not enough permits")]
    NoPermits,
}

/// Permits of a [`Semaphore`], given back when dropped.
#[must_use = "the permits are given back at once if they are not kept"]
#[derive(Debug)]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
    holder: Option<TaskId>,
}

/// Permits of a [`Semaphore`], given back when dropped; they keep it alive.
#[must_use = "the permits are given back at once if they are not kept"]
#[derive(Debug)]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
    holder: Option<TaskId>,
}

macro_rules! permit {
    ($Permit:ident $([$lifetime:lifetime])?) => {
        impl $Permit $(<$lifetime>)? {
            /// How many there are.
            pub fn num_permits(&self) -> usize {
                self.permits
            }

            /// Takes them out of the semaphore for good.
            pub fn forget(mut self) {
                let permits = std::mem::take(&mut self.permits);
                self.semaphore.core.identity.released(self.holder, permits);
            }
        }

        impl Drop for $Permit $(<$lifetime>)? {
            #[inline]
            fn drop(&mut self) {
                if self.permits != 0 {
                    self.semaphore.core.release(self.permits, self.holder);
                    stay_on_the_stack();
                }
            }
        }
    };
}

permit!(SemaphorePermit['_]);
permit!(OwnedSemaphorePermit);
