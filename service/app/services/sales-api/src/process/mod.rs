//! A request in steps under one budget, as an experiment: auth, validate, store.
//!
//! The budget ends all of them at once: whatever step is under way is dropped, and with it what it holds. The same happens
//! when the client leaves. The store step needs a ticket, of which there are few; a gate in front of the tickets keeps so
//! many from waiting that all of them would wait too long.
//!
//! Layout: the steps here, [`settings`] what they are told, [`watch`] what they tell.

pub mod settings;
pub mod watch;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use expvar::{Error, Registry};
use lifecycle::Shutdown;
use sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};
use types::StoreError;
use web::{ApiError, Capacity, Deadline, Gate, Permit, Priority};

use crate::errors::{not_ready, out_of_time, store_down};
pub use settings::Settings;
use watch::Watch;

/// How long all steps together may take.
pub const BUDGET: Duration = Duration::from_secs(2);
/// How long authentication takes with [`Settings::slow_auth`]: longer than the budget.
pub const SLOW_AUTH: Duration = Duration::from_secs(3);

/// The steps, and what they share. Clones share it too.
#[derive(Clone, Debug)]
pub struct Process {
    settings: Settings,
    gate: Gate,
    tickets: Arc<Semaphore>,
    stopping: Shutdown,
    watch: Watch,
}

/// What came of a request, and how long each step took.
#[derive(Debug)]
pub struct Done<Found> {
    /// What the store had.
    pub found: Found,
    /// The steps in their order; `ticket` is the wait for one.
    pub steps: Vec<(&'static str, Duration)>,
}

/// A place in the store step. Given back when dropped, the ticket first.
#[derive(Debug)]
struct Ticket {
    _ticket: OwnedSemaphorePermit,
    _place: Permit,
}

impl Process {
    /// Publishes the variables `pipeline`. Once `stopping` is triggered nobody waits for a ticket any more.
    ///
    /// # Errors
    /// A variable's name is taken.
    pub fn new(
        settings: &Settings,
        stopping: Shutdown,
        variables: &Registry,
    ) -> Result<Process, Error> {
        let variables = variables.map("pipeline")?;
        let tickets = Arc::new(Semaphore::new("tickets", settings.tickets.get()));
        Ok(Process {
            gate: Gate::new(capacity(settings), &variables.map("gate")?)?,
            watch: Watch::new(&variables, settings.tickets.get(), &tickets)?,
            settings: settings.clone(),
            tickets,
            stopping,
        })
    }

    /// Takes a request through the steps. `validate` checks it, `read` is the work in the store.
    ///
    /// # Errors
    /// `validate`'s; 504 `timed_out` when the budget or the request's own time is over; 503 `overloaded` if too many wait for
    /// a ticket, `not_ready` if the service ends before there is one, `store_failed` or as the store says.
    pub async fn run<Checked, Found, Reading>(
        &self,
        deadline: Deadline,
        validate: impl FnOnce() -> Result<Checked, ApiError>,
        read: impl FnOnce(Checked) -> Reading,
    ) -> Result<Done<Found>, ApiError>
    where
        Reading: Future<Output = Result<Found, StoreError>>,
    {
        let outcome = self.watch.begin();
        // ANCHOR: deadline
        let deadline = deadline.min(Deadline::after(BUDGET));
        let mut clock = Clock::start();
        let steps = async {
            self.auth().await;
            clock.next("validate");
            let checked = validate()?;
            clock.next("ticket");
            let ticket = self.ticket(deadline).await?;
            self.watch.waited(clock.next("store"));
            let found = self.store(read(checked)).await?;
            drop(ticket);
            Ok(found)
        };
        let result = match deadline.within(steps).await {
            Ok(result) => result,
            Err(_) => Err(out_of_time(clock.step)),
        };
        // ANCHOR_END: deadline
        outcome.end(result.as_ref().map_or_else(|error| error.code, |_| "done"));
        result.map(|found| Done {
            found,
            steps: clock.end(),
        })
    }

    /// Who asks was settled before the request came here; this is the time that asking an identity provider would take.
    async fn auth(&self) {
        if self.settings.slow_auth {
            sleep(SLOW_AUTH).await;
        }
    }

    // ANCHOR: ticket
    /// Waits for a ticket, for the end of the request's time, or for the end of the service, whichever comes first. That the
    /// client leaves needs no arm: it drops this.
    async fn ticket(&self, deadline: Deadline) -> Result<Ticket, ApiError> {
        let ticket = async {
            let place = self.gate.enter(Priority::High, deadline).await?;
            let ticket = Arc::clone(&self.tickets).acquire_owned().await;
            Ok(Ticket {
                _ticket: ticket.map_err(ApiError::internal)?,
                _place: place,
            })
        };
        // ANCHOR: select
        tokio::select! {
            // Who need not wait may still be served while the service ends.
            biased;
            ticket = ticket => ticket,
            () = self.stopping.triggered() => Err(not_ready("the service is shutting down")),
            () = sleep_until(deadline.at()) => Err(out_of_time("ticket")),
        }
        // ANCHOR_END: select
    }
    // ANCHOR_END: ticket

    async fn store<Found>(
        &self,
        reading: impl Future<Output = Result<Found, StoreError>>,
    ) -> Result<Found, ApiError> {
        sleep(self.settings.work).await;
        let found = if self.settings.db_failure {
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Err(StoreError::failed(refused))
        } else {
            reading.await
        };
        found.map_err(|error| store_down(&error))
    }
}

/// As many inside as there are tickets, so that all waiting is in the gate's queue, where it is bounded: nobody waits for
/// much longer than the work itself takes. A place is given back after its ticket, so who is let in finds one.
fn capacity(settings: &Settings) -> Capacity {
    let tickets = settings.tickets.get();
    let work = settings.work.max(Duration::from_millis(1));
    Capacity {
        concurrency: tickets,
        queue: tickets.saturating_mul(4),
        target: work,
        patience: work.saturating_mul(2),
        ..Capacity::default()
    }
}

/// Which step is under way, and how long those before it took.
struct Clock {
    step: &'static str,
    since: Instant,
    steps: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn start() -> Clock {
        Clock {
            step: "auth",
            since: Instant::now(),
            steps: Vec::with_capacity(4),
        }
    }

    /// Ends a step and begins the next; how long the one that ended took.
    fn next(&mut self, step: &'static str) -> Duration {
        let now = Instant::now();
        let took = now - self.since;
        self.steps.push((self.step, took));
        (self.step, self.since) = (step, now);
        took
    }

    fn end(mut self) -> Vec<(&'static str, Duration)> {
        self.next("");
        self.steps
    }
}
