//! Ways to targets that no address leads to.

use std::fmt;
use std::sync::Arc;

use cutaway_model::{Cause, Pod};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

/// What a connection is made of.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens connections to one target.
///
/// A stream that fails may tell the true cause: an I/O error that holds a [`Cause`] is shown as that.
pub trait Connect: fmt::Debug + Send + Sync {
    /// Opens one. Dropping the stream closes it.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, Cause>>;

    /// The cause of a reading's failure in the light of what is known of the target beside it.
    fn explain(&self, cause: Cause) -> Cause {
        cause
    }
}

/// How to get to a target that no address leads to, and what it is called.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) connect: Arc<dyn Connect>,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) pod: Option<Arc<Pod>>,
}

impl PartialEq for Way {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.connect, &other.connect) && self.url == other.url && self.pod == other.pod
    }
}

impl Eq for Way {}

/// No way at all, and why.
#[derive(Debug)]
pub(crate) struct Nowhere(pub(crate) Cause);

impl Connect for Nowhere {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, Cause>> {
        let cause = self.0.clone();
        Box::pin(async move { Err(cause) })
    }
}
