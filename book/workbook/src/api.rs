//! What the interfaces of labs and exercises have in common: refusals, streams of events, and one run at a time.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{StatusCode, header};
use lifecycle::Shutdown;
use serde::Serialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The largest request: a few knobs.
pub(crate) const BODY: usize = 16 << 10;

/// An answer other than the one asked for: a status and `{"error":{"code","message"}}`.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    /// There is nothing of that name.
    pub(crate) fn unknown(code: &'static str, message: String) -> Refusal {
        Refusal {
            status: StatusCode::NOT_FOUND,
            code,
            message,
        }
    }

    /// Not now.
    pub(crate) fn conflict(code: &'static str, message: String) -> Refusal {
        Refusal {
            status: StatusCode::CONFLICT,
            code,
            message,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}

/// Sends each event as one line of JSON as soon as it is there.
pub(crate) fn streamed<E: Serialize>(events: impl Stream<Item = E> + Send + 'static) -> Response {
    let lines = events.map(|event| {
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        Ok::<_, Infallible>(Bytes::from(line))
    });
    let kind = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (kind, Body::from_stream(lines)).into_response()
}

/// Which runs are under way: one of a name at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    taken: Arc<Mutex<BTreeMap<String, Shutdown>>>,
}

impl Places {
    /// Takes the one place of `name`, unless it is taken.
    pub(crate) fn claim(&self, name: &str) -> Result<Place, Refusal> {
        let mut taken = self.lock();
        if taken.contains_key(name) {
            let message = format!("{name} is running already; stop it first, or wait for it");
            return Err(Refusal::conflict("already_running", message));
        }
        let stop = Shutdown::new();
        taken.insert(name.to_owned(), stop.clone());
        Ok(Place {
            places: self.clone(),
            name: name.to_owned(),
            stop,
        })
    }

    /// Stops the run of `name`.
    pub(crate) fn stop(&self, name: &str) -> Result<StatusCode, Refusal> {
        let Some(stop) = self.lock().get(name).cloned() else {
            let message = format!("{name} is not running");
            return Err(Refusal::conflict("not_running", message));
        };
        stop.trigger("stopped from the page");
        Ok(StatusCode::NO_CONTENT)
    }

    /// Whether `name` runs.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.lock().contains_key(name)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Shutdown>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a run, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    pub(crate) name: String,
    /// What stops the run.
    pub(crate) stop: Shutdown,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().remove(&self.name);
    }
}
