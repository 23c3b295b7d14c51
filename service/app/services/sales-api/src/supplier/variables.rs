//! What it tells of itself, beside breaker and budget.

use expvar::{Counter, Error, Family, Gauge, Histogram, Map, Text};

#[derive(Clone, Debug)]
pub(super) struct Variables {
    pub(super) waiting: Gauge,
    pub(super) attempts: Counter,
    pub(super) failed: Family<Counter>,
    pub(super) retries: Counter,
    pub(super) not_retried: Family<Counter>,
    pub(super) rejected: Counter,
    pub(super) full: Counter,
    pub(super) attempt: Histogram,
    pub(super) call: Histogram,
    pub(super) last_error: Text,
}

impl Variables {
    /// Publishes the variables.
    pub(super) fn new(map: &Map) -> Result<Variables, Error> {
        Ok(Variables {
            waiting: map.gauge("waiting")?,
            attempts: map.counter("attempts")?,
            failed: map.counters("attempts_failed", &["cause"])?,
            retries: map.counter("retries")?,
            not_retried: map.counters("not_retried", &["why"])?,
            rejected: map.map("breaker")?.counter("rejected")?,
            full: map.counter("full")?,
            attempt: map.histogram("attempt_ns")?,
            call: map.histogram("call_ns")?,
            last_error: map.text("last_error")?,
        })
    }
}
