//! Reads what is due, sends it, settles it, and again.

use std::time::{Duration, Instant, SystemTime};

use event::{Event, Origin, Outcome, Settled, Store};
use http::HeaderMap;
use lifecycle::Shutdown;
use resilience::Backoff;
use trace::{Kind, Tracer};
use types::StoreError;

use super::form::Message;
use super::settings::Settings;
use super::sink::{Delivery, Sent, Sink};
use super::variables::Variables;

/// Events read at once.
const BATCH: usize = 128;
/// How soon the worker looks again when nothing was due.
const PAUSE: Duration = Duration::from_millis(50);
/// How often it looks what waits.
const LOOK: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_mins(5);
/// The longest pause while nobody is there: they may be back soon.
const LONGEST_ALONE: Duration = Duration::from_secs(10);
/// As much of an error as is kept.
const MOST_OF_ERROR: usize = 300;
/// Dead letters that the variable shows.
const SHOWN: usize = 10;

/// Publishes events until it is stopped.
#[derive(Debug)]
pub struct Worker<S> {
    store: S,
    sink: Sink,
    settings: Settings,
    variables: Variables,
    clock: fn() -> SystemTime,
    /// Numbers between 0 and 1.
    chance: fn() -> f64,
    tracer: Tracer,
    looked: Option<Instant>,
    /// How often in a row nobody was there.
    alone: u32,
}

/// What a batch came to.
enum Round {
    /// There was none.
    Nothing,
    /// Its events were sent.
    Sent,
    /// Nobody was there, or the store failed.
    Stuck { retry_after: Option<Duration> },
}

impl Round {
    /// Nobody was there for one of its events. The longest time that somebody asked to be left alone counts.
    fn stuck(self, asked: Option<Duration>) -> Round {
        let before = match self {
            Round::Stuck { retry_after } => retry_after,
            Round::Nothing | Round::Sent => None,
        };
        Round::Stuck {
            retry_after: before.max(asked),
        }
    }
}

impl<S: Store> Worker<S> {
    /// A worker between this store and this sink.
    pub fn new(
        store: S,
        sink: Sink,
        settings: Settings,
        variables: Variables,
        clock: fn() -> SystemTime,
        chance: fn() -> f64,
    ) -> Worker<S> {
        Worker {
            store,
            sink,
            settings,
            variables,
            clock,
            chance,
            tracer: Tracer::off(0),
            looked: None,
            alone: 0,
        }
    }

    /// Leaves a span for each batch.
    #[must_use]
    pub fn traced(self, tracer: Tracer) -> Worker<S> {
        Worker { tracer, ..self }
    }

    /// Publishes until it is told to stop, then what is still due, and ends. What cannot be published then stays in the
    /// store.
    pub async fn run(mut self, stop: Shutdown) {
        let Some(origin) = self.origin(&stop).await else {
            return;
        };
        loop {
            // Before the batch: what comes after the request to stop, nobody waits for.
            let is_last = stop.is_triggered();
            self.look().await;
            match (self.publish(&origin).await, is_last) {
                (Round::Sent, _) => self.alone = 0,
                (Round::Nothing | Round::Stuck { .. }, true) => break,
                (Round::Nothing, false) => {
                    self.alone = 0;
                    pause(&stop, PAUSE).await;
                }
                (Round::Stuck { retry_after }, false) => self.wait(&stop, retry_after).await,
            }
            self.variables.paused.set(0);
        }
        self.looked = None;
        self.look().await;
    }

    async fn origin(&mut self, stop: &Shutdown) -> Option<Origin> {
        loop {
            match self.store.origin().await {
                Ok(origin) => return Some(origin),
                Err(_) if stop.is_triggered() => return None,
                Err(error) => {
                    self.failed(&error);
                    self.wait(stop, None).await;
                }
            }
        }
    }

    /// Nobody is there: waits, longer each time, and at least as long as they asked.
    async fn wait(&mut self, stop: &Shutdown, retry_after: Option<Duration>) {
        let backoff = Backoff {
            base: self.settings.backoff,
            cap: LONGEST_ALONE,
        };
        let asked = retry_after.unwrap_or_default().min(LONGEST);
        let time = backoff.pause(self.alone, (self.chance)()).max(asked);
        self.alone = self.alone.saturating_add(1);
        self.variables.paused.set(1);
        pause(stop, time.max(Duration::from_millis(1))).await;
    }

    async fn publish(&mut self, origin: &Origin) -> Round {
        let due = self.store.due((self.clock)(), self.lease(), BATCH).await;
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                self.failed(&error);
                return Round::Stuck { retry_after: None };
            }
        };
        if due.is_empty() {
            return Round::Nothing;
        }
        let message = |event| Message::of(event, origin);
        let messages: Vec<Message> = due.into_iter().map(message).collect();
        let mut span = self
            .tracer
            .open(&HeaderMap::new(), "outbox.publish", Kind::Internal);
        let count = i64::try_from(messages.len()).unwrap_or(i64::MAX);
        span.set("messaging.batch.message_count", count);
        let sent = span.within(self.sink.send(&messages)).await;
        let mut round = Round::Sent;
        let mut settled = Vec::with_capacity(messages.len());
        for (message, sent) in messages.iter().zip(sent) {
            if let Some(Delivery::Unreachable { retry_after, .. }) = &sent.delivery {
                span.fail(&"nobody is there");
                round = round.stuck(*retry_after);
            }
            let outcome = self.outcome(&message.event, sent);
            let id = message.event.id;
            settled.push(Settled { id, outcome });
        }
        span.within(self.settle(settled)).await.unwrap_or(round)
    }

    /// Longer than a batch takes, unless this process stands still: then another one publishes the same again.
    fn lease(&self) -> Duration {
        Duration::from_secs(5) + self.settings.timeout * (BATCH as u32).div_ceil(8)
    }

    fn outcome(&self, event: &Event, sent: Sent) -> Outcome {
        let variables = &self.variables;
        let now = (self.clock)();
        let Some(delivery) = sent.delivery else {
            return Outcome::Again {
                due: now,
                attempts: event.attempts,
                error: None,
            };
        };
        variables.attempt.record_duration(sent.took);
        match delivery {
            Delivery::Taken => {
                variables.published.inc();
                let delay = now.duration_since(event.news.at).unwrap_or_default();
                variables.delay.record_duration(delay);
                Outcome::Published
            }
            Delivery::Unreachable { why, .. } => {
                variables.unreachable.inc();
                if self.alone == 0 {
                    tracing::warn!(%why, "no events can be published");
                }
                variables.last_error.set(why);
                Outcome::Again {
                    due: now,
                    attempts: event.attempts,
                    error: None,
                }
            }
            Delivery::Refused(why) => self.refused(event, why, now),
        }
    }

    fn refused(&self, event: &Event, mut why: String, now: SystemTime) -> Outcome {
        why.truncate(why.floor_char_boundary(MOST_OF_ERROR));
        self.variables.refused.inc();
        self.variables.last_error.set(why.clone());
        let attempts = event.attempts + 1;
        let (event, kind) = (event.id.get(), event.news.kind.name());
        if attempts >= self.settings.attempts {
            tracing::error!(event, kind, attempts, %why, "an event is a dead letter");
            return Outcome::Dead {
                attempts,
                error: why,
            };
        }
        tracing::warn!(event, kind, attempts, %why, "an event was refused");
        let backoff = Backoff {
            base: self.settings.backoff,
            cap: LONGEST,
        };
        Outcome::Again {
            due: now + backoff.pause(attempts - 1, (self.chance)()),
            attempts,
            error: Some(why),
        }
    }

    /// What was published must be forgotten, or it is published again: a busy store is asked again for a while.
    async fn settle(&self, settled: Vec<Settled>) -> Option<Round> {
        for attempt in 0..10 {
            match self.store.settle(settled.clone()).await {
                Ok(()) => return None,
                Err(StoreError::Busy) => tokio::time::sleep(PAUSE * (attempt + 1)).await,
                Err(error) => {
                    self.failed(&error);
                    break;
                }
            }
        }
        Some(Round::Stuck { retry_after: None })
    }

    fn failed(&self, error: &StoreError) {
        if self.alone == 0 {
            tracing::warn!(%error, "events cannot be read or settled");
        }
        self.variables.last_error.set(error.to_string());
    }

    /// Looks what waits, now and then.
    async fn look(&mut self) {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let Ok(backlog) = self.store.backlog().await else {
            return;
        };
        let dead = match backlog.dead {
            0 => Ok(Vec::new()),
            _ => self.store.dead_letters(None, SHOWN).await,
        };
        self.variables.found(backlog, dead.unwrap_or_default());
    }
}

/// Waits, but not when the worker is to stop.
async fn pause(stop: &Shutdown, time: Duration) {
    tokio::select! {
        () = stop.triggered() => {}
        () = tokio::time::sleep(time) => {}
    }
}
