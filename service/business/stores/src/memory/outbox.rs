//! Events, until they are published.

use std::collections::{BTreeMap, HashSet};
use std::time::SystemTime;

use event::{Backlog, DeadLetter, Event, News, Outcome, Settled, Subject};
use types::{EventId, StoreError};

/// By id, which counts from 1.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) is_on: bool,
    last: i64,
    kept: BTreeMap<EventId, Kept>,
}

#[derive(Debug)]
struct Kept {
    event: Event,
    /// `None` for a dead letter.
    due: Option<SystemTime>,
    error: String,
}

impl Kept {
    fn subject(&self) -> (Subject, i64) {
        let news = &self.event.news;
        (news.kind.subject(), news.number)
    }
}

impl Outbox {
    /// Keeps these news, unless nobody wants to hear them.
    pub(super) fn tell(&mut self, news: impl FnOnce() -> News) -> Result<(), StoreError> {
        if !self.is_on {
            return Ok(());
        }
        let news = news();
        self.last += 1;
        let id = EventId::new(self.last).map_err(StoreError::failed)?;
        let kept = Kept {
            due: Some(news.at),
            error: String::new(),
            event: Event {
                id,
                news,
                attempts: 0,
            },
        };
        self.kept.insert(id, kept);
        Ok(())
    }

    pub(super) fn due(&self, now: SystemTime, count: usize) -> Vec<Event> {
        let mut seen = HashSet::new();
        let oldest = self
            .kept
            .values()
            .filter(|kept| seen.insert(kept.subject()));
        let mut due: Vec<_> = oldest
            .filter_map(|kept| Some((kept.due?, &kept.event)))
            .filter(|(due, _)| *due <= now)
            .collect();
        due.sort_by_key(|(due, event)| (*due, event.id));
        let due = due.into_iter().take(count);
        due.map(|(_, event)| event.clone()).collect()
    }

    pub(super) fn settle(&mut self, settled: Vec<Settled>) {
        for Settled { id, outcome } in settled {
            let Some(kept) = self.kept.get_mut(&id) else {
                continue;
            };
            match outcome {
                Outcome::Published => {
                    self.kept.remove(&id);
                }
                Outcome::Again {
                    due,
                    attempts,
                    error,
                } => {
                    kept.due = Some(due);
                    kept.event.attempts = attempts;
                    if let Some(error) = error {
                        kept.error = error;
                    }
                }
                Outcome::Dead { attempts, error } => {
                    (kept.due, kept.error) = (None, error);
                    kept.event.attempts = attempts;
                }
            }
        }
    }

    pub(super) fn backlog(&self) -> Backlog {
        let waiting = || self.kept.values().filter(|kept| kept.due.is_some());
        Backlog {
            waiting: waiting().count() as u64,
            dead: (self.kept.len() - waiting().count()) as u64,
            oldest: waiting().next().map(|kept| kept.event.news.at),
        }
    }

    pub(super) fn dead_letters(&self, after: Option<EventId>, count: usize) -> Vec<DeadLetter> {
        let dead = self.kept.values().filter(|kept| kept.due.is_none());
        dead.filter(|kept| after.is_none_or(|after| kept.event.id > after))
            .take(count)
            .map(|kept| DeadLetter {
                event: kept.event.clone(),
                error: kept.error.clone(),
            })
            .collect()
    }

    pub(super) fn requeue(&mut self, which: Option<EventId>, now: SystemTime) -> Vec<EventId> {
        let dead = self.kept.values_mut().filter(|kept| kept.due.is_none());
        let mut requeued = Vec::new();
        for kept in dead.filter(|kept| which.is_none_or(|which| kept.event.id == which)) {
            kept.due = Some(now);
            kept.event.attempts = 0;
            requeued.push(kept.event.id);
        }
        requeued
    }

    pub(super) fn discard(&mut self, which: EventId) -> bool {
        let is_dead = self.kept.get(&which).is_some_and(|kept| kept.due.is_none());
        is_dead && self.kept.remove(&which).is_some()
    }
}
