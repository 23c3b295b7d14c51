//! Attempts, one after the other, until one succeeds or it makes no sense to go on.

use std::time::{Duration, Instant};

use expvar::{Error, Map};
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use hyper::body::Bytes;
use resilience::{Attempt, Budget, Decision, Outcome};
use tokio::sync::Semaphore;
use trace::{Context, Kind, Open};

use super::guard::{Admitted, Guard};
use super::http::{Reply, Transport};
use super::variables::Variables;
use super::{Address, Cause, Failure, Settings};
use crate::health::Reporter;

/// What time it is, and what chance says.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// A clock that goes on whatever the world's does.
    pub now: fn() -> Instant,
    /// Numbers between 0 and 1.
    pub chance: fn() -> f64,
}

impl Default for Environment {
    /// The runtime's clock.
    fn default() -> Environment {
        Environment {
            now: || tokio::time::Instant::now().into_std(),
            chance: rand::random,
        }
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// How.
    pub method: Method,
    /// The path behind the address, `/prices/7`.
    pub path: String,
    /// The same without what is special about it, `/prices/{id}`.
    pub template: &'static str,
    /// How much time there is.
    pub time: Duration,
    /// The trace it is part of, for those who do not record theirs here.
    pub trace: &'a Context,
}

/// Asks somebody who may fail.
#[derive(Debug)]
pub struct Caller<T> {
    transport: T,
    address: Address,
    settings: Settings,
    guard: Guard,
    places: Semaphore,
    variables: Variables,
    environment: Environment,
}

/// An attempt that is about to be made.
struct Try<'a> {
    /// Counted from 1.
    number: u32,
    limit: Duration,
    /// There was less time for it than an attempt may have.
    cut_short: bool,
    admitted: Admitted<'a>,
}

impl<T: Transport> Caller<T> {
    /// Asks whoever is at this address, publishes its variables in the map, and tells how they are.
    ///
    /// # Errors
    /// One of the variables' names is taken.
    pub fn new(
        transport: T,
        address: Address,
        settings: &Settings,
        health: Reporter,
        map: &Map,
        environment: Environment,
    ) -> Result<Caller<T>, Error> {
        let budget = Budget::new(settings.retry_share, settings.retry_reserve);
        let guard = Guard::new(
            settings.breaker(),
            settings.retry(),
            budget,
            health,
            environment.now,
        );
        guard.publish(map)?;
        Ok(Caller {
            transport,
            address,
            settings: settings.clone(),
            guard,
            places: Semaphore::new(settings.at_once as usize),
            variables: Variables::new(map)?,
            environment,
        })
    }

    /// Asks, and asks again while that makes sense. `read` says what an answer means that is no sign of trouble.
    ///
    /// # Errors
    /// The last attempt's, or why none was made.
    pub async fn call<R>(
        &self,
        ask: &Ask<'_>,
        read: impl Fn(&Reply) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let began = (self.environment.now)();
        let Ok(_place) = self.places.try_acquire() else {
            self.variables.full.inc();
            return Err(Failure::new(Cause::Full, "too many wait for it already"));
        };
        let _waiting = Waiting::new(&self.variables);
        let result = self.attempts(ask, began, read).await;
        let took = (self.environment.now)().saturating_duration_since(began);
        self.variables.call.record_duration(took);
        result
    }

    async fn attempts<R>(
        &self,
        ask: &Ask<'_>,
        began: Instant,
        read: impl Fn(&Reply) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let deadline = began + ask.time.min(self.settings.timeout);
        let mut last = None;
        let mut made = 0;
        loop {
            // A retry that the breaker does not let through has failed like the attempt before.
            let next = self.next(made + 1, deadline);
            let next = next.map_err(|failure| last.take().unwrap_or(failure))?;
            made += 1;
            let failure = match self.attempt(ask, next, &read).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let attempt = Attempt {
                made,
                is_idempotent: ask.method.is_idempotent(),
                may_pass: failure.cause.may_pass(),
                retry_after: failure.retry_after,
            };
            let chance = (self.environment.chance)();
            match self.guard.decide(attempt, chance, deadline) {
                Decision::After(pause) => tokio::time::sleep(pause).await,
                Decision::Leave(why) => {
                    self.variables.not_retried.with(&[why.name()]).inc();
                    return Err(failure);
                }
            }
            last = Some(failure);
        }
    }

    /// The next attempt, if there is time for it and the breaker lets it through.
    fn next(&self, number: u32, deadline: Instant) -> Result<Try<'_>, Failure> {
        let left = deadline.saturating_duration_since((self.environment.now)());
        if left.is_zero() {
            return Err(Failure::new(Cause::Late, "there was no time left for it"));
        }
        let is_first = number == 1;
        let admitted = self.guard.admit(is_first);
        let admitted = admitted.inspect_err(|_| self.variables.rejected.inc())?;
        self.variables.attempts.inc();
        if !is_first {
            self.variables.retries.inc();
        }
        Ok(Try {
            number,
            limit: left.min(self.settings.attempt_timeout),
            cut_short: !is_first && left < self.settings.attempt_timeout,
            admitted,
        })
    }

    async fn attempt<R>(
        &self,
        ask: &Ask<'_>,
        this: Try<'_>,
        read: &impl Fn(&Reply) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let began = (self.environment.now)();
        let mut span = self.span(ask, this.number);
        let exchange = span.within(self.transport.exchange(self.request(ask, &span)?));
        let late = || {
            Failure::new(
                Cause::Late,
                format!("no answer came within {:?}", this.limit),
            )
        };
        let reply = tokio::time::timeout(this.limit, exchange).await;
        let reply = reply.unwrap_or_else(|_| Err(late()));
        if let Ok(reply) = &reply {
            span.set(
                "http.response.status_code",
                i64::from(reply.status.as_u16()),
            );
        }
        let result = reply.and_then(|reply| judge(&reply, read));
        let took = (self.environment.now)().saturating_duration_since(began);
        self.variables.attempt.record_duration(took);
        match &result {
            Ok(_) => this.admitted.end(Outcome::Success, ""),
            Err(failure) => {
                span.set("error.type", failure.cause.name());
                span.fail(failure);
                self.variables.failed.with(&[failure.cause.name()]).inc();
                self.variables.last_error.set(failure.why.clone());
                // A retry for which there was hardly time says nothing about the other side.
                let outcome = match failure.cause {
                    Cause::Late if this.cut_short => Outcome::Unknown,
                    cause => cause.outcome(),
                };
                this.admitted.end(outcome, &failure.why);
            }
        }
        result
    }

    /// By the names of OpenTelemetry's conventions for HTTP clients.
    fn span(&self, ask: &Ask<'_>, number: u32) -> Open {
        let mut span = trace::open(format!("{} {}", ask.method, ask.template), Kind::Client);
        if span.context().is_some() {
            span.set("http.request.method", ask.method.to_string());
            span.set("url.template", ask.template);
            span.set("url.full", self.address.at(&ask.path));
            span.set("server.address", self.address.host().to_owned());
            span.set("server.port", i64::from(self.address.port()));
            if number > 1 {
                span.set("http.request.resend_count", i64::from(number - 1));
            }
        }
        span
    }

    fn request(&self, ask: &Ask<'_>, span: &Open) -> Result<Request<Full<Bytes>>, Failure> {
        let request = Request::builder()
            .method(ask.method.clone())
            .uri(self.address.at(&ask.path))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Full::default());
        let mut request = request.map_err(|error| {
            Failure::new(Cause::Nonsense, format!("no request can be made: {error}"))
        })?;
        if let Some(token) = &self.settings.token {
            request.headers_mut().insert(AUTHORIZATION, token.header());
        }
        let trace = span.context().unwrap_or(ask.trace);
        if *trace != Context::NONE {
            trace.inject(request.headers_mut());
        }
        Ok(request)
    }
}

/// What an answer means.
fn judge<R>(reply: &Reply, read: &impl Fn(&Reply) -> Result<R, Failure>) -> Result<R, Failure> {
    let failure = Failure::of_status(reply.status, reply.retry_after());
    match failure.cause {
        Cause::Status(_) => Err(failure),
        _ => read(reply),
    }
}

/// One more who waits, for as long as this lives.
struct Waiting<'a>(&'a Variables);

impl Waiting<'_> {
    fn new(variables: &Variables) -> Waiting<'_> {
        variables.waiting.inc();
        Waiting(variables)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.dec();
    }
}

#[cfg(test)]
mod tests;
