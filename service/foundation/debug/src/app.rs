//! What the handlers share.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use expvar::Registry;
use http::request::Parts;
use tokio::sync::{Semaphore, watch};

use crate::captures::{Captures, Peer, Turn};
use crate::failure::Failure;
use crate::{Config, mask};

/// What the handlers share; clones share the same.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) registry: Registry,
    /// Masked.
    pub(crate) cmdline: Arc<[String]>,
    pub(crate) captures: Captures,
    /// One profile is made at a time: names take memory while they are looked up.
    working: Arc<Semaphore>,
    /// How many streams of variables there may still be.
    pub(crate) streams: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

/// Each renders all variables again and again.
pub(crate) const MAX_STREAMS: usize = 16;

impl App {
    /// What is under way should end when `stopping` turns true.
    pub(crate) fn new(config: Config, stopping: watch::Receiver<bool>) -> Self {
        Self {
            registry: config.registry,
            cmdline: mask::args(&config.cmdline).into(),
            captures: Captures::default(),
            working: Arc::new(Semaphore::new(1)),
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            stopping,
        }
    }

    /// The program's name, as its command line has it.
    pub(crate) fn program(&self) -> &str {
        let path = self.cmdline.first().map_or("", String::as_str);
        path.rsplit(['/', '\\']).next().unwrap_or(path)
    }

    /// Waits for the end of a capture's time, unless it is cancelled or the listener stops.
    pub(crate) async fn elapse(&self, turn: &mut Turn) -> Result<(), Failure> {
        tokio::select! {
            elapsed = turn.elapse() => Ok(elapsed?),
            () = self.stopping() => Err(Failure::Stopping),
        }
    }

    /// Does what would hold up the other endpoints, on a thread of its own. Once begun it goes on to its end, even if
    /// nobody waits for it any more.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.working).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await
            .unwrap_or_else(|error| Err(Failure::Broken(error.to_string())))
    }

    /// Ends when the listener stops.
    pub(crate) async fn stopping(&self) {
        let mut stopping = self.stopping.clone();
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            // Nobody is left who could stop it.
            std::future::pending::<()>().await;
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(
            parts
                .extensions
                .get::<listen::Peer>()
                .map(|listen::Peer(addr)| *addr),
        ))
    }
}
