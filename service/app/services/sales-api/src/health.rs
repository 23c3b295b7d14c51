//! How the parts of the service are, and since when: what readiness asks for and the variable `health` shows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use expvar::{Error, Registry};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// How the service is: its parts, and whether the start is complete. Clones are the same.
#[derive(Clone, Debug)]
pub struct Health {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: fn() -> SystemTime,
    is_started: AtomicBool,
    parts: Mutex<Vec<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    name: &'static str,
    needed: bool,
    cause: Option<String>,
    since: SystemTime,
}

/// A part of the service that tells how it is.
#[derive(Clone, Debug)]
pub struct Reporter {
    health: Health,
    at: usize,
}

/// A part, as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Part {
    /// Which.
    pub name: &'static str,
    /// `ok` or `failing`.
    pub state: &'static str,
    /// Since when, as of RFC 3339.
    pub since: String,
    /// Whether the service is ready without it.
    pub needed: bool,
}

impl Part {
    /// Whether it works.
    pub fn works(&self) -> bool {
        self.state == OK
    }
}

const OK: &str = "ok";

impl Health {
    /// Of a service that starts, without parts.
    pub fn new(clock: fn() -> SystemTime) -> Health {
        let shared = Shared {
            clock,
            is_started: AtomicBool::new(false),
            parts: Mutex::default(),
        };
        Health {
            shared: Arc::new(shared),
        }
    }

    /// A part of this name, which works until it says otherwise. The service is not ready while one that is `needed` fails.
    pub fn part(&self, name: &'static str, needed: bool) -> Reporter {
        let mut parts = self.parts_mut();
        parts.push(Known {
            name,
            needed,
            cause: None,
            since: (self.shared.clock)(),
        });
        Reporter {
            health: self.clone(),
            at: parts.len() - 1,
        }
    }

    /// The start is complete.
    pub fn started(&self) {
        self.shared.is_started.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    pub fn is_started(&self) -> bool {
        self.shared.is_started.load(Ordering::Relaxed)
    }

    /// The parts, as they were last seen.
    pub fn parts(&self) -> Vec<Part> {
        self.parts_mut().iter().map(Known::shown).collect()
    }

    /// The parts that keep the service from being ready.
    pub fn missing(&self) -> Vec<Part> {
        let parts = self.parts_mut();
        let missing = parts
            .iter()
            .filter(|part| part.needed && part.cause.is_some());
        missing.map(Known::shown).collect()
    }

    /// Publishes the variable `health`.
    ///
    /// # Errors
    /// The name is taken.
    pub fn publish(&self, registry: &Registry) -> Result<(), Error> {
        let health = self.clone();
        registry.func("health", move || health.to_json())
    }

    fn to_json(&self) -> Value {
        let parts = self.parts_mut();
        let shown = parts.iter().map(|part| {
            let Part { name, state, since, .. } = part.shown();
            (name.to_owned(), json!({"state": state, "since": since, "cause": part.cause.clone().unwrap_or_default()}))
        });
        let shown: Map<_, _> = shown.collect();
        let ready = self.is_started()
            && parts
                .iter()
                .all(|part| !part.needed || part.cause.is_none());
        json!({"started": self.is_started(), "ready": ready, "parts": shown})
    }

    fn parts_mut(&self) -> MutexGuard<'_, Vec<Known>> {
        self.shared
            .parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn shown(&self) -> Part {
        Part {
            name: self.name,
            state: if self.cause.is_none() { OK } else { "failing" },
            since: humantime::format_rfc3339_millis(self.since).to_string(),
            needed: self.needed,
        }
    }
}

impl Reporter {
    /// The part works.
    pub fn works(&self) {
        self.set(None);
    }

    /// It does not, and why. No secrets: it is shown.
    pub fn fails(&self, cause: impl Into<String>) {
        self.set(Some(cause.into()));
    }

    fn set(&self, cause: Option<String>) {
        let now = (self.health.shared.clock)();
        let mut parts = self.health.parts_mut();
        let part = &mut parts[self.at];
        if part.cause.is_some() != cause.is_some() {
            part.since = now;
            if let Some(cause) = &cause {
                tracing::warn!(part = part.name, cause, "a part of the service fails");
            } else {
                tracing::info!(part = part.name, "a part of the service works again");
            }
        }
        part.cause = cause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tell_their_state_and_since_when() {
        let health = Health::new(|| SystemTime::UNIX_EPOCH);
        let store = health.part("store", true);
        let outbox = health.part("outbox", false);
        assert!(!health.is_started());
        health.started();
        assert_eq!(health.to_json()["ready"], true);
        outbox.fails("nobody there");
        assert_eq!(health.missing(), []);
        assert_eq!(health.to_json()["ready"], true, "it is not needed");
        store.fails("no disk");
        store.fails("still none");
        let missing = health.missing();
        assert_eq!(
            (missing.len(), missing[0].name, missing[0].state),
            (1, "store", "failing")
        );
        let shown = health.to_json();
        assert_eq!(shown["ready"], false);
        assert_eq!(shown["parts"]["store"]["cause"], "still none");
        assert_eq!(shown["parts"]["store"]["since"], "1970-01-01T00:00:00.000Z");
        store.works();
        assert_eq!(
            health
                .parts()
                .iter()
                .filter(|part| part.state == "ok")
                .count(),
            1
        );
    }
}
