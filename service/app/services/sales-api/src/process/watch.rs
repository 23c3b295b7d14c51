//! What the steps tell.

use std::sync::Arc;
use std::time::Duration;

use expvar::{Counter, Error, Family, Histogram, Map};
use sync::Semaphore;

/// Publishes, in the map it is given:
///
/// | variable | what it holds |
/// |---|---|
/// | `gate` | who waits before the tickets, as [`web::Gate`] says it |
/// | `tickets`, `tickets_free` | how many there are, and how many nobody has |
/// | `wait_ns` | how long those waited for a ticket, gate included, who got one |
/// | `ended` | requests by what came of them: `done`, `gone` if the client left, otherwise the error's code |
#[derive(Clone, Debug)]
pub(super) struct Watch {
    ended: Family<Counter>,
    wait: Histogram,
}

impl Watch {
    pub(super) fn new(
        variables: &Map,
        tickets: usize,
        free: &Arc<Semaphore>,
    ) -> Result<Watch, Error> {
        let free = Arc::clone(free);
        variables.func("tickets", move || tickets.into())?;
        variables.func("tickets_free", move || free.available_permits().into())?;
        Ok(Watch {
            ended: variables.counters("ended", &["outcome"])?,
            wait: variables.histogram("wait_ns")?,
        })
    }

    pub(super) fn waited(&self, wait: Duration) {
        self.wait.record_duration(wait);
    }

    /// A request has come in.
    pub(super) fn begin(&self) -> Outcome<'_> {
        Outcome {
            ended: &self.ended,
            outcome: "gone",
        }
    }
}

/// Counts what came of a request when it is dropped.
#[must_use = "the request ends when this is dropped"]
pub(super) struct Outcome<'a> {
    ended: &'a Family<Counter>,
    outcome: &'static str,
}

impl Outcome<'_> {
    pub(super) fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        self.ended.with(&[self.outcome]).inc();
    }
}
