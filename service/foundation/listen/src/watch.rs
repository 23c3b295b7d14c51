//! What a connection is waiting for, and for how long it has been.
//!
//! The connection, the requests on it and the socket under it note what happens ([`Watch`]); one timer looks at the notes now
//! and then. A timer set and reset by every request would cost each of them as much as a small handler does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::Limits;
use crate::traffic::Cut;

/// How much a client must read within [`Limits::write_timeout`] if it does not read everything: less is no reading.
pub(crate) const LEAST_READ: usize = 16 * 1024;

/// A timer needs an end, even if nothing is limited.
const FAR: Duration = Duration::from_hours(24);

/// The notes of one connection. Only its own task uses them.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    notes: Arc<Notes>,
}

#[derive(Debug)]
struct Notes {
    start: Instant,
    /// Requests that are with their handlers, or whose answer is not complete.
    requests: AtomicUsize,
    /// Milliseconds since the start, plus one; 0 is never. Since when nothing has been asked for; since when a header has
    /// been arriving; since when the client has not been reading.
    idle: AtomicU64,
    header: AtomicU64,
    blocked: AtomicU64,
    /// Bytes read by the client since then.
    taken: AtomicUsize,
}

/// A request under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Underway(Watch);

impl Watch {
    pub(crate) fn new() -> Self {
        let notes = Notes {
            start: Instant::now(),
            requests: AtomicUsize::new(0),
            idle: AtomicU64::new(1),
            header: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            taken: AtomicUsize::new(0),
        };
        Self {
            notes: Arc::new(notes),
        }
    }

    /// The header of a request is complete.
    pub(crate) fn begin(&self) -> Underway {
        self.notes.requests.fetch_add(1, Ordering::Relaxed);
        self.notes.header.store(0, Ordering::Relaxed);
        Underway(self.clone())
    }

    /// Bytes have arrived. If no request is under way they are the beginning of one.
    pub(crate) fn read(&self) {
        if !self.is_busy() && self.notes.header.load(Ordering::Relaxed) == 0 {
            self.notes.header.store(self.now(), Ordering::Relaxed);
        }
    }

    /// The client has taken so many bytes.
    pub(crate) fn wrote(&self, bytes: usize) {
        if self.notes.blocked.load(Ordering::Relaxed) == 0 {
            return;
        }
        let taken = self.notes.taken.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if taken >= LEAST_READ {
            self.notes.blocked.store(self.now(), Ordering::Relaxed);
            self.notes.taken.store(0, Ordering::Relaxed);
        }
    }

    /// The client takes no more for the moment.
    pub(crate) fn block(&self) {
        if self.notes.blocked.load(Ordering::Relaxed) == 0 {
            self.notes.blocked.store(self.now(), Ordering::Relaxed);
            self.notes.taken.store(0, Ordering::Relaxed);
        }
    }

    /// The client has taken everything.
    pub(crate) fn flushed(&self) {
        if self.notes.blocked.swap(0, Ordering::Relaxed) != 0 {
            self.notes.idle.store(self.now(), Ordering::Relaxed);
        }
    }

    /// Whether a part of a request's header has arrived.
    pub(crate) fn is_header_arriving(&self) -> bool {
        self.notes.header.load(Ordering::Relaxed) != 0
    }

    fn is_busy(&self) -> bool {
        self.notes.requests.load(Ordering::Relaxed) != 0
    }

    fn now(&self) -> u64 {
        self.notes.start.elapsed().as_millis() as u64 + 1
    }

    /// Ends when the client has been too slow, and says in what.
    pub(crate) async fn too_slow(&self, limits: &Limits) -> Cut {
        loop {
            let now = Instant::now();
            let (why, due) = self.due(limits, now);
            if due <= now {
                return why;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    /// What is due next and when. Never later than the shortest of the times allowed, so that nothing that begins
    /// meanwhile is missed.
    fn due(&self, limits: &Limits, now: Instant) -> (Cut, Instant) {
        let at = |since: &AtomicU64, limit: Duration| match since.load(Ordering::Relaxed) {
            0 => None,
            // A millisecond more, because that is what the notes are exact to.
            since => (self.notes.start + Duration::from_millis(since)).checked_add(limit),
        };
        let next_look = limits
            .header_read_timeout
            .min(limits.idle_timeout)
            .min(limits.write_timeout)
            .min(FAR);
        let blocked = at(&self.notes.blocked, limits.write_timeout);
        let header = at(&self.notes.header, limits.header_read_timeout);
        let idle = at(&self.notes.idle, limits.idle_timeout);
        let (why, due) = match (blocked, header, idle) {
            (Some(due), ..) => (Cut::Reader, due),
            _ if self.is_busy() => return (Cut::Idle, now + next_look),
            (_, Some(due), _) => (Cut::Header, due),
            (.., Some(due)) => (Cut::Idle, due),
            (None, None, None) => return (Cut::Idle, now + next_look),
        };
        (why, due.min(now + next_look))
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let notes = &self.0.notes;
        notes.idle.store(self.0.now(), Ordering::Relaxed);
        notes.requests.fetch_sub(1, Ordering::Relaxed);
    }
}
