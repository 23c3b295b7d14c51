//! Labs that can be run from the page.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/labs/NAME` | what the lab says of itself, and whether it is running |
//! | `POST /api/labs/NAME/run` with `{"knobs": {…}}` | [`Event`]s while it runs, one JSON document per line |
//! | `GET /api/labs/NAME/timeline?run=N&from=…&to=…` | a part of the last run's recording as a picture: SVG |
//! | `POST /api/labs/NAME/stop` | 204 when it was told to end, 409 when it is not running |
//!
//! Only labs of the catalogue can be started, and only with knobs that they declare. They are
//! started as programs with a list of arguments: nothing from a page reaches a shell. A lab runs
//! once at a time. A page that goes away ends its run.

mod catalogue;
mod run;
mod timeline;

pub use catalogue::Lab;
pub use run::{Ending, Event, Limits};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::stream;
use http::{StatusCode, header};
use lab_format::{Knobs, LabInfo};
use lifecycle::{Shutdown, Tracker};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{self, Receiver};

/// The largest request: a few knobs.
const BODY: usize = 16 << 10;

/// All labs, and which of them run.
#[derive(Clone)]
pub struct Labs {
    shared: Arc<Shared>,
}

struct Shared {
    labs: BTreeMap<String, Lab>,
    limits: Limits,
    shutdown: Shutdown,
    tracker: Tracker,
    running: Mutex<BTreeMap<String, Shutdown>>,
}

impl Labs {
    /// These labs, within these limits. `shutdown` ends all runs; `tracker` knows when they have ended.
    pub fn new(
        labs: impl IntoIterator<Item = Lab>,
        limits: Limits,
        shutdown: Shutdown,
        tracker: Tracker,
    ) -> Labs {
        let labs = labs
            .into_iter()
            .map(|lab| (lab.info.name.clone(), lab))
            .collect();
        let shared = Shared {
            labs,
            limits,
            shutdown,
            tracker,
            running: Mutex::default(),
        };
        Labs {
            shared: Arc::new(shared),
        }
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/api/labs/{lab}", get(describe))
            .route("/api/labs/{lab}/run", post(start))
            .route("/api/labs/{lab}/stop", post(stop))
            .route("/api/labs/{lab}/timeline", get(timeline::part))
            .layer(DefaultBodyLimit::max(BODY))
            .with_state(self)
    }

    fn find(&self, name: &str) -> Result<&Lab, Refusal> {
        self.shared.labs.get(name).ok_or_else(|| Refusal {
            status: StatusCode::NOT_FOUND,
            code: "unknown_lab",
            message: format!("there is no lab {name:?} in this book"),
        })
    }

    /// Takes the lab's one place, and gives what stops the run.
    fn claim(&self, name: &str) -> Result<Place, Refusal> {
        let mut running = self
            .shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if running.contains_key(name) {
            return Err(Refusal {
                status: StatusCode::CONFLICT,
                code: "already_running",
                message: format!("{name} is running already; stop it first, or wait for it"),
            });
        }
        let stop = Shutdown::new();
        running.insert(name.to_owned(), stop.clone());
        Ok(Place {
            labs: self.clone(),
            name: name.to_owned(),
            stop,
        })
    }

    fn running(&self, name: &str) -> Option<Shutdown> {
        self.shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }
}

/// The place of a running lab, given back when dropped.
struct Place {
    labs: Labs,
    name: String,
    stop: Shutdown,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.labs
            .shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.name);
    }
}

#[derive(Serialize)]
struct Description<'a> {
    #[serde(flatten)]
    info: &'a LabInfo,
    running: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(default)]
    knobs: Knobs,
}

async fn describe(State(labs): State<Labs>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let lab = labs.find(&name)?;
    Ok(Json(Description {
        info: &lab.info,
        running: labs.running(&name).is_some(),
    })
    .into_response())
}

async fn stop(State(labs): State<Labs>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    labs.find(&name)?;
    let running = labs.running(&name).ok_or_else(|| Refusal {
        status: StatusCode::CONFLICT,
        code: "not_running",
        message: format!("{name} is not running"),
    })?;
    running.trigger("stopped from the page");
    Ok(StatusCode::NO_CONTENT)
}

async fn start(
    State(labs): State<Labs>,
    Path(name): Path<String>,
    Json(request): Json<Request>,
) -> Result<Response, Refusal> {
    let knobs = labs
        .find(&name)?
        .info
        .resolve(&request.knobs)
        .map_err(|error| Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "bad_knob",
            message: error.to_string(),
        })?;
    let place = labs.claim(&name)?;
    let (tell, events) = mpsc::channel(64);
    let shared = Arc::clone(&labs.shared);
    labs.shared.tracker.spawn("lab run", async move {
        let Some(lab) = shared.labs.get(&place.name) else {
            return;
        };
        let page = tell.clone();
        let cut = async {
            tokio::select! {
                () = shared.shutdown.triggered() => Ending::Shutdown,
                () = place.stop.triggered() => Ending::Stopped,
                // The page is gone: hyper has dropped the response's body.
                () = page.closed() => Ending::Stopped,
            }
        };
        run::run(lab, &knobs, &shared.limits, tell, cut).await;
    });
    Ok(streamed(events))
}

/// Sends each event as one line of JSON as soon as it is there.
fn streamed(events: Receiver<Event>) -> Response {
    let lines = stream::unfold(events, |mut events| async {
        let event = events.recv().await?;
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(line)), events))
    });
    let kind = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (kind, Body::from_stream(lines)).into_response()
}

/// An answer other than the one asked for: a status and `{"error":{"code","message"}}`.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}
