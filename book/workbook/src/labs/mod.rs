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
//! once at a time. A page that goes away ends its run. Memory, processes and threads are limited by the kernel as far as it
//! lets this user do that (`process/keeper/fence.rs` says what holds when), time and output by the workbook.

mod catalogue;
mod run;
pub mod terminal;
mod timeline;

pub use catalogue::Lab;
pub use run::{Ending, Event, Limits};

use crate::api::{BODY, Places, Refusal, streamed};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream;
use http::StatusCode;
use lab_format::{Knobs, LabInfo};
use lifecycle::{Shutdown, Tracker};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;

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
    running: Places,
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
            running: Places::default(),
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
        self.shared.labs.get(name).ok_or_else(|| {
            let message = format!("there is no lab {name:?} in this book");
            Refusal::unknown("unknown_lab", message)
        })
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
        running: labs.shared.running.is_taken(&name),
    })
    .into_response())
}

async fn stop(State(labs): State<Labs>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    labs.find(&name)?;
    labs.shared.running.stop(&name)
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
    let place = labs.shared.running.claim(&name)?;
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
    Ok(streamed(stream::unfold(events, |mut events| async {
        Some((events.recv().await?, events))
    })))
}
