//! The way to a pool of connections: who waits for one, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sync::{OwnedSemaphorePermit, Semaphore};
use types::StoreError;

/// How much of a pool of connections is in use: a moment's numbers, each right for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUsage {
    /// How many connections there may be.
    pub size: usize,
    /// How many are at work.
    pub in_use: usize,
    /// How many are open and have nothing to do.
    pub idle: usize,
    /// How many callers wait for one now.
    pub waiting: usize,
    /// How many callers have ever had to wait, those that gave up included.
    pub waits: u64,
    /// How long they have waited together.
    pub waited: Duration,
}

impl PoolUsage {
    /// That of a store without connections.
    pub const NONE: PoolUsage = PoolUsage {
        size: 0,
        in_use: 0,
        idle: 0,
        waiting: 0,
        waits: 0,
        waited: Duration::ZERO,
    };
}

/// Lets in as many as there may be connections, and measures how long the others wait. Its waits are
/// also told to whoever observes [`sync`], so a profile of waiting shows them.
#[derive(Debug)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    size: usize,
    /// How long a caller may wait.
    limit: Option<Duration>,
    waiting: AtomicUsize,
    waits: AtomicU64,
    waited: AtomicU64,
}

impl Gate {
    pub(crate) fn new(name: &'static str, size: usize, limit: Option<Duration>) -> Gate {
        let size = size.max(1);
        Gate {
            permits: Arc::new(Semaphore::new(name, size)),
            size,
            limit,
            waiting: AtomicUsize::new(0),
            waits: AtomicU64::new(0),
            waited: AtomicU64::new(0),
        }
    }

    /// A place inside, given back when dropped.
    ///
    /// # Errors
    /// The wait took too long, or the gate is closed.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        // The clock is read only by those who wait.
        match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => return Ok(permit),
            Err(sync::TryAcquireError::Closed) => return Err(StoreError::Closed),
            Err(sync::TryAcquireError::NoPermits) => {}
        }
        let _wait = Wait::begin(self);
        let permit = Arc::clone(&self.permits).acquire_owned();
        let permit = match self.limit {
            Some(limit) => tokio::time::timeout(limit, permit)
                .await
                .map_err(|_| StoreError::Busy)?,
            None => permit.await,
        };
        permit.map_err(|_| StoreError::Closed)
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        self.permits.close();
    }

    /// With so many connections open.
    pub(crate) fn usage(&self, open: usize) -> PoolUsage {
        let in_use = self.size.saturating_sub(self.permits.available_permits());
        PoolUsage {
            size: self.size,
            in_use,
            idle: open.saturating_sub(in_use),
            waiting: self.waiting.load(Ordering::Relaxed),
            waits: self.waits.load(Ordering::Relaxed),
            waited: Duration::from_nanos(self.waited.load(Ordering::Relaxed)),
        }
    }
}

/// Somebody waits; counted even if they give up.
struct Wait<'a> {
    gate: &'a Gate,
    since: Instant,
}

impl<'a> Wait<'a> {
    fn begin(gate: &'a Gate) -> Wait<'a> {
        gate.waiting.fetch_add(1, Ordering::Relaxed);
        gate.waits.fetch_add(1, Ordering::Relaxed);
        Wait {
            gate,
            since: Instant::now(),
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let waited = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.gate.waited.fetch_add(waited, Ordering::Relaxed);
        self.gate.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_are_counted_and_bounded() {
        let gate = Gate::new("test", 1, Some(Duration::from_millis(1)));
        let inside = gate.enter().await.expect("free");
        assert_eq!((gate.usage(1).in_use, gate.usage(1).waits), (1, 0));
        assert!(matches!(gate.enter().await, Err(StoreError::Busy)));
        drop(inside);
        let usage = gate.usage(3);
        assert_eq!((usage.in_use, usage.idle), (0, 3));
        assert_eq!((usage.waits, usage.waiting), (1, 0));
        assert!(usage.waited > Duration::ZERO);
        gate.close();
        assert!(matches!(gate.enter().await, Err(StoreError::Closed)));
    }
}
