//! Whether the console itself captures the CPU of a target, so that the ring stands back.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts the captures of a target's CPU that the console takes for its user.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<watch::Sender<usize>>);

/// A capture for the user, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Pass(Gate);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Gate {
    /// The user wants a capture.
    pub(crate) fn pass(&self) -> Pass {
        self.0.send_modify(|passes| *passes += 1);
        Pass(self.clone())
    }

    /// Waits until the user wants one.
    pub(crate) async fn taken(&self) {
        self.wait_for(|passes| passes > 0).await;
    }

    /// Waits until the user wants none.
    pub(crate) async fn free(&self) {
        self.wait_for(|passes| passes == 0).await;
    }

    async fn wait_for(&self, wanted: impl Fn(usize) -> bool) {
        // The sender lives as long as this.
        drop(self.0.subscribe().wait_for(|passes| wanted(*passes)).await);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.0.send_modify(|passes| *passes -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_free_when_every_pass_is_given_back() {
        let gate = Gate::default();
        gate.free().await;
        let (first, second) = (gate.pass(), gate.pass());
        gate.taken().await;
        drop(first);
        let waiting = gate.clone();
        let freed = tokio::spawn(async move { waiting.free().await });
        tokio::task::yield_now().await;
        assert!(!freed.is_finished());
        drop(second);
        freed.await.expect("it ends");
    }
}
