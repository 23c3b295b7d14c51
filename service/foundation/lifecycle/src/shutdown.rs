//! The tree of shutdowns.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// A request to stop that everyone who holds a clone can make, see and wait for.
///
/// It happens once and is never taken back.
#[derive(Debug, Clone)]
pub struct Shutdown {
    token: CancellationToken,
    reasons: Arc<Reasons>,
}

impl Shutdown {
    /// The root of a new tree.
    pub fn new() -> Self {
        Self {
            token: CancellationToken::new(),
            reasons: Arc::new(Reasons::default()),
        }
    }

    /// A branch: it stops when this one does, and can be stopped alone.
    pub fn child(&self) -> Self {
        let reasons = Reasons {
            parent: Some(Arc::clone(&self.reasons)),
            own: OnceLock::new(),
        };
        Self {
            token: self.token.child_token(),
            reasons: Arc::new(reasons),
        }
    }

    /// Asks this branch and all below it to stop. The first reason given is kept.
    pub fn trigger(&self, reason: impl Into<String>) {
        // The reason first: whoever sees the request also finds why.
        let _kept_first = self.reasons.own.set(reason.into());
        self.token.cancel();
    }

    /// Asks this branch and all below it to stop when what is returned is dropped: for a task without which the rest is
    /// of no use. However it ends, by a panic or by being aborted, the program ends in order too.
    pub fn trigger_on_drop(&self, reason: impl Into<String>) -> TriggerOnDrop {
        TriggerOnDrop {
            shutdown: self.clone(),
            reason: reason.into(),
        }
    }

    /// Ends when somebody asked to stop; at once if somebody did already. Holds nothing borrowed, so it can be moved
    /// into a task.
    pub fn triggered(&self) -> WaitForCancellationFutureOwned {
        self.token.clone().cancelled_owned()
    }

    /// True once somebody asked to stop.
    pub fn is_triggered(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Why this branch was asked to stop, once it was.
    pub fn reason(&self) -> Option<&str> {
        if self.is_triggered() {
            self.reasons.find()
        } else {
            None
        }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

/// Triggers a [`Shutdown`] when it is dropped; see [`Shutdown::trigger_on_drop`].
#[must_use = "dropping it triggers the shutdown at once"]
#[derive(Debug)]
pub struct TriggerOnDrop {
    shutdown: Shutdown,
    reason: String,
}

impl Drop for TriggerOnDrop {
    fn drop(&mut self) {
        self.shutdown.trigger(std::mem::take(&mut self.reason));
    }
}

#[derive(Debug, Default)]
struct Reasons {
    own: OnceLock<String>,
    parent: Option<Arc<Reasons>>,
}

impl Reasons {
    fn find(&self) -> Option<&str> {
        self.own
            .get()
            .map(String::as_str)
            .or_else(|| self.parent.as_ref()?.find())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_reaches_down_and_not_up() {
        let root = Shutdown::new();
        let (left, right) = (root.child(), root.child());
        let leaf = left.child();

        left.trigger("left only");
        assert!(left.is_triggered() && leaf.is_triggered());
        assert!(!root.is_triggered() && !right.is_triggered());

        root.trigger("all");
        assert!(right.is_triggered());
        assert_eq!(right.reason(), Some("all"));
        assert_eq!(leaf.reason(), Some("left only"));
    }

    #[test]
    fn the_first_reason_is_kept() {
        let shutdown = Shutdown::new();
        assert_eq!(shutdown.reason(), None);
        shutdown.clone().trigger("first");
        shutdown.trigger("second");
        assert_eq!(shutdown.reason(), Some("first"));
    }

    #[tokio::test]
    async fn a_vital_task_takes_the_rest_with_it_however_it_ends() {
        let shutdown = Shutdown::new();
        let vital = shutdown.trigger_on_drop("the server ended");
        let server = tokio::spawn(async move {
            let _vital = vital;
            std::future::pending::<()>().await;
        });
        assert!(!shutdown.is_triggered());
        server.abort();
        shutdown.triggered().await;
        assert_eq!(shutdown.reason(), Some("the server ended"));
    }

    #[tokio::test]
    async fn waiting_ends_before_and_after_the_trigger() {
        let shutdown = Shutdown::new();
        let waiting = tokio::spawn(shutdown.child().triggered());
        shutdown.trigger("now");
        waiting.await.expect("the waiting task ends");
        shutdown.triggered().await;
    }
}
