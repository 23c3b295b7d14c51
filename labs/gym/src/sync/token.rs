//! A sign to stop that is handed down, as `tokio_util::sync::CancellationToken`.

use super::{Op, at_once};
use crate::record;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use tokio::sync::watch;

/// A sign that is given once. Clones are the same sign; a child hears its parent's, and not the
/// other way round.
#[derive(Clone, Debug)]
pub struct CancellationToken(Arc<Node>);

#[derive(Debug)]
struct Node {
    given: watch::Sender<bool>,
    children: Mutex<Vec<Weak<Node>>>,
    resource: usize,
}

impl Node {
    #[track_caller]
    fn new(given: bool) -> Arc<Node> {
        Arc::new(Node {
            given: watch::Sender::new(given),
            children: Mutex::default(),
            resource: record::resource("token", Location::caller()),
        })
    }

    fn give(&self) {
        self.given.send_replace(true);
        let children =
            std::mem::take(&mut *self.children.lock().unwrap_or_else(PoisonError::into_inner));
        for child in children.iter().filter_map(Weak::upgrade) {
            child.give();
        }
    }
}

impl CancellationToken {
    /// Not given yet.
    #[track_caller]
    pub fn new() -> CancellationToken {
        CancellationToken(Node::new(false))
    }

    /// A token that is cancelled with this one, and can be cancelled alone.
    #[track_caller]
    pub fn child_token(&self) -> CancellationToken {
        let child = Node::new(false);
        at_once(
            self.0.resource,
            || {
                let given = *self.0.given.borrow();
                child.given.send_replace(given);
                let mut children = self
                    .0
                    .children
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                children.push(Arc::downgrade(&child));
            },
            |()| "make a child".into(),
        );
        CancellationToken(child)
    }

    /// Gives the sign, to its children too.
    pub fn cancel(&self) {
        at_once(self.0.resource, || self.0.give(), |()| "cancel".into());
    }

    /// Whether the sign was given.
    pub fn is_cancelled(&self) -> bool {
        at_once(
            self.0.resource,
            || *self.0.given.borrow(),
            |given| format!("ask if it is cancelled: {given}").into(),
        )
    }

    /// Waits for the sign.
    pub async fn cancelled(&self) {
        let mut sign = self.0.given.subscribe();
        let wait = async move {
            let _ = sign.wait_for(|given| *given).await;
        };
        Op::new("see it cancelled", Some(self.0.resource), wait).await;
    }

    /// Waits for the sign, and keeps the token meanwhile.
    pub async fn cancelled_owned(self) {
        self.cancelled().await;
    }

    /// `future`'s output; `None`, with the future dropped, if the sign comes first.
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        let (mut future, mut sign) = (pin!(future), pin!(self.cancelled()));
        std::future::poll_fn(|cx: &mut Context<'_>| {
            if sign.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            Pin::as_mut(&mut future).poll(cx).map(Some)
        })
        .await
    }

    /// Gives the sign when it is dropped.
    pub fn drop_guard(self) -> DropGuard {
        DropGuard(Some(self))
    }
}

impl Default for CancellationToken {
    #[track_caller]
    fn default() -> Self {
        CancellationToken::new()
    }
}

/// Cancels its token when it is dropped.
#[derive(Debug)]
pub struct DropGuard(Option<CancellationToken>);

impl DropGuard {
    /// The token, which is not cancelled any more when this is dropped.
    pub fn disarm(mut self) -> CancellationToken {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.0 {
            token.cancel();
        }
    }
}
