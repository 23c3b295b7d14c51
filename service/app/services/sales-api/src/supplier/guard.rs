//! The breaker and the budget, shared by all who ask.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use expvar::{Error, Map};
use resilience::{
    Attempt, Breaker, BreakerSettings, Budget, Call, Decision, Outcome, Retry, State,
};
use serde_json::Value;

use super::failure::{Cause, Failure};
use crate::health::Reporter;

/// Who may go through, and who may come again.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    state: Arc<Mutex<Inside>>,
    settings: BreakerSettings,
    retry: Retry,
    health: Reporter,
    now: fn() -> Instant,
}

#[derive(Debug)]
struct Inside {
    breaker: Breaker,
    budget: Budget,
}

impl Guard {
    pub(super) fn new(
        settings: BreakerSettings,
        retry: Retry,
        budget: Budget,
        health: Reporter,
        now: fn() -> Instant,
    ) -> Guard {
        let breaker = Breaker::new(settings, now());
        Guard {
            state: Arc::new(Mutex::new(Inside { breaker, budget })),
            settings,
            retry,
            health,
            now,
        }
    }

    /// Lets an attempt through, or does not. The first one of a request adds to the budget of retries.
    pub(super) fn admit(&self, is_first: bool) -> Result<Admitted<'_>, Failure> {
        let mut inside = self.lock();
        let call = inside.breaker.admit((self.now)());
        let call = call.map_err(|_| Failure::new(Cause::Open, "too many calls failed of late"))?;
        if is_first {
            inside.budget.request();
        }
        let call = Some(call);
        Ok(Admitted { guard: self, call })
    }

    /// Whether and when to try again.
    pub(super) fn decide(&self, attempt: Attempt, chance: f64, deadline: Instant) -> Decision {
        let now = (self.now)();
        let budget = &mut self.lock().budget;
        self.retry.decide(attempt, budget, chance, now, deadline)
    }

    fn record(&self, call: Call, outcome: Outcome, why: &str) {
        let now = (self.now)();
        let mut inside = self.lock();
        let breaker = &mut inside.breaker;
        let (before, counts) = (breaker.state(now), breaker.counts(now));
        let opened = breaker.opened();
        breaker.record(call, outcome, now);
        // Still locked, so that what is told last is true.
        if breaker.opened() > opened {
            let cause = if before == State::Closed {
                let (failed, all) = (counts.failures + 1, counts.all() + 1);
                let window = self.settings.window;
                format!(
                    "{failed} of {all} calls failed within {window:?}, the last one because {why}"
                )
            } else {
                format!("it still fails: {why}")
            };
            self.health.fails(cause);
        } else if before == State::HalfOpen && breaker.state(now) == State::Closed {
            self.health.works();
        }
    }

    /// Publishes how both are.
    pub(super) fn publish(&self, map: &Map) -> Result<(), Error> {
        let of = |read: fn(&mut Inside, Instant) -> Value| {
            let guard = self.clone();
            move || read(&mut guard.lock(), (guard.now)())
        };
        map.func("retry_budget", of(|inside, _| inside.budget.left().into()))?;
        let map = map.map("breaker")?;
        map.func(
            "state",
            of(|inside, now| inside.breaker.state(now).name().into()),
        )?;
        map.func(
            "closed",
            of(|inside, now| u64::from(inside.breaker.state(now) == State::Closed).into()),
        )?;
        map.func(
            "successes",
            of(|inside, now| inside.breaker.counts(now).successes.into()),
        )?;
        map.func(
            "failures",
            of(|inside, now| inside.breaker.counts(now).failures.into()),
        )?;
        map.func("opened", of(|inside, _| inside.breaker.opened().into()))
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that was let through. One that is dropped before its end was given up, and says nothing: the breaker must hear
/// of it all the same, or it waits for it.
#[must_use = "the breaker waits to hear how it ended"]
pub(super) struct Admitted<'a> {
    guard: &'a Guard,
    call: Option<Call>,
}

impl Admitted<'_> {
    /// It has ended like this.
    pub(super) fn end(mut self, outcome: Outcome, why: &str) {
        if let Some(call) = self.call.take() {
            self.guard.record(call, outcome, why);
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            self.guard.record(call, Outcome::Unknown, "");
        }
    }
}
