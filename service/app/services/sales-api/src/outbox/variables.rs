//! What the worker tells of itself: the rows `outbox.…` of [the table](crate::variables::table).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use event::{Backlog, DeadLetter};
use expvar::{Counter, Error, Gauge, Histogram, Registry, Text};
use serde_json::{Value, json};

/// What the worker tells of itself.
#[derive(Clone, Debug)]
pub struct Variables {
    found: Arc<Mutex<Found>>,
    pub(super) published: Counter,
    pub(super) refused: Counter,
    pub(super) unreachable: Counter,
    pub(super) paused: Gauge,
    pub(super) delay: Histogram,
    pub(super) attempt: Histogram,
    pub(super) last_error: Text,
}

/// What the worker found when it last looked.
#[derive(Debug, Default)]
struct Found {
    backlog: Backlog,
    dead: Vec<DeadLetter>,
}

impl Variables {
    /// Publishes the variables.
    ///
    /// # Errors
    /// One of the names is taken.
    pub fn new(registry: &Registry, clock: fn() -> SystemTime) -> Result<Variables, Error> {
        let map = registry.map("outbox")?;
        let found = Arc::new(Mutex::new(Found::default()));
        let of = |read: fn(&Found, SystemTime) -> Value| {
            let found = Arc::clone(&found);
            move || {
                let found = found.lock().unwrap_or_else(PoisonError::into_inner);
                read(&found, clock())
            }
        };
        map.func("depth", of(|found, _| found.backlog.waiting.into()))?;
        map.func("dead", of(|found, _| found.backlog.dead.into()))?;
        map.func("lag_ns", of(|found, now| lag(&found.backlog, now).into()))?;
        map.func("dead_letters", of(|found, _| letters(&found.dead)))?;
        Ok(Variables {
            found,
            published: map.counter("published")?,
            refused: map.counter("refused")?,
            unreachable: map.counter("unreachable")?,
            paused: map.gauge("paused")?,
            delay: map.histogram("delay_ns")?,
            attempt: map.histogram("attempt_ns")?,
            last_error: map.text("last_error")?,
        })
    }

    pub(super) fn found(&self, backlog: Backlog, dead: Vec<DeadLetter>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        *found = Found { backlog, dead };
    }
}

fn lag(backlog: &Backlog, now: SystemTime) -> u64 {
    let lag = backlog.oldest.map(|oldest| now.duration_since(oldest));
    let lag = lag.and_then(Result::ok).unwrap_or_default();
    u64::try_from(lag.as_nanos()).unwrap_or(u64::MAX)
}

fn letters(dead: &[DeadLetter]) -> Value {
    let letter = |letter: &DeadLetter| {
        let event = &letter.event;
        json!({
            "id": event.id.get(),
            "type": event.news.kind.name(),
            "number": event.news.number,
            "attempts": event.attempts,
            "error": letter.error,
        })
    };
    dead.iter().map(letter).collect()
}
