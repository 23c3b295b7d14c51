//! What a server counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts of a server's connections: give it to [`Limits::traffic`](crate::Limits) and keep a clone to look at. Clones
/// share the counts.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicU64,
    ended: AtomicU64,
    cut: [AtomicU64; Cut::ALL.len()],
    is_full: AtomicBool,
}

/// Why a connection was cut off by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A request's header did not arrive in time.
    Header,
    /// No request came for too long.
    Idle,
    /// The client did not read its answer.
    Reader,
    /// It was still at work at the end of the drain.
    Drain,
    /// Its client had too many.
    Client,
}

impl Cut {
    /// All of them.
    pub const ALL: [Cut; 5] = [Cut::Header, Cut::Idle, Cut::Reader, Cut::Drain, Cut::Client];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Idle => "idle",
            Self::Reader => "reader",
            Self::Drain => "drain",
            Self::Client => "client",
        }
    }
}

impl Traffic {
    /// Connections accepted so far.
    pub fn accepted(&self) -> u64 {
        self.counts.accepted.load(Ordering::Relaxed)
    }

    /// Connections that are open.
    pub fn open(&self) -> u64 {
        // In this order: it never seems that more ended than began.
        let ended = self.counts.ended.load(Ordering::Acquire);
        self.accepted().saturating_sub(ended)
    }

    /// Connections cut off so far for this reason.
    pub fn cut(&self, why: Cut) -> u64 {
        self.counts.cut[why as usize].load(Ordering::Relaxed)
    }

    /// Whether as many connections are open as are allowed, so that others wait outside.
    pub fn is_full(&self) -> bool {
        self.counts.is_full.load(Ordering::Relaxed)
    }

    pub(crate) fn accept(&self) -> Open {
        self.counts.accepted.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }

    pub(crate) fn count_cut(&self, why: Cut, connections: usize) {
        self.counts.cut[why as usize].fetch_add(connections as u64, Ordering::Relaxed);
    }

    pub(crate) fn set_full(&self, is_full: bool) {
        self.counts.is_full.store(is_full, Ordering::Relaxed);
    }
}

/// A connection that is open, until this is dropped.
pub(crate) struct Open(Traffic);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counts.ended.fetch_add(1, Ordering::Release);
    }
}
