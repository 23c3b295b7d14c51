//! Where orders are paid. That takes a while, and the shop can do something else meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use lab_kit::Context;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::Order;

/// The till. Clones are the same one.
#[derive(Clone)]
pub struct Till {
    takes: Takes,
    paying: Arc<Paying>,
}

#[derive(Clone)]
enum Takes {
    /// As long as everybody else needs for one step.
    OneTurn,
    /// That long.
    Time(Option<Context>, Duration),
    /// Until the till is unlocked.
    UntilUnlocked(watch::Sender<bool>),
}

#[derive(Default)]
struct Paying {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Till {
    /// Paying takes as long as everybody else needs for one step. Nothing depends on a clock.
    pub fn quick() -> Self {
        Self::new(Takes::OneTurn)
    }

    /// Paying takes that long.
    pub fn slow(time: Duration) -> Self {
        Self::new(Takes::Time(None, time))
    }

    /// Paying takes that long, and is shown as a wait.
    pub fn shown(lab: &Context, time: Duration) -> Self {
        Self::new(Takes::Time(Some(lab.clone()), time))
    }

    /// Nobody can pay until [`Till::unlock`].
    pub fn locked() -> Self {
        Self::new(Takes::UntilUnlocked(watch::Sender::new(false)))
    }

    fn new(takes: Takes) -> Self {
        let paying = Arc::default();
        Self { takes, paying }
    }

    /// Has an order paid. Dropped before it ends, nothing was paid.
    pub async fn pay(&self, _order: Order) {
        let _paying = self.paying.begin();
        match &self.takes {
            Takes::OneTurn => yield_now().await,
            Takes::Time(None, time) => sleep(*time).await,
            Takes::Time(Some(lab), time) => lab.waiting("be paid", sleep(*time)).await,
            Takes::UntilUnlocked(unlocked) => {
                let mut unlocked = unlocked.subscribe();
                // This till holds the other end.
                let _gone = unlocked.wait_for(|unlocked| *unlocked).await;
            }
        }
    }

    /// Lets everybody pay who waits for it, and those who come later.
    pub fn unlock(&self) {
        if let Takes::UntilUnlocked(unlocked) = &self.takes {
            unlocked.send_replace(true);
        }
    }

    /// How many have paid at the same time, at most.
    pub fn most(&self) -> usize {
        self.paying.most.load(Relaxed)
    }
}

impl Paying {
    fn begin(&self) -> Leaves<'_> {
        let now = self.now.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(now, Relaxed);
        Leaves(self)
    }
}

/// Somebody at the till, until it is dropped.
struct Leaves<'a>(&'a Paying);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
    }
}
