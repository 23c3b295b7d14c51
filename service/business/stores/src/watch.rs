//! What the store tells of itself while it works.

use std::time::Duration;

/// Is told of the store's work, on the writer's thread: keep it short.
pub trait Watch: Send + Sync {
    /// A batch has been written or has failed.
    fn batch(&self, batch: &Batch);
}

/// One group commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many writes were in it, most of them orders; refused ones included.
    pub writes: usize,
    /// How long the oldest of them had waited when the batch began.
    pub waited: Duration,
    /// How long the whole batch took, from the transaction's begin to the end of its commit.
    pub took: Duration,
    /// How long the commit alone took, which is mostly the disk's sync.
    pub commit: Duration,
    /// Whether it was committed. If not, none of its writes was done.
    pub committed: bool,
}

/// Looks away.
impl Watch for () {
    fn batch(&self, _batch: &Batch) {}
}
