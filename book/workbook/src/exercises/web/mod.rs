//! Exercises on the page.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/progress` | `{"exercises": [{"name", "page", "passed", "started", "hints", "file", "path"}]}`, in the order of the book |
//! | `GET /api/progress/events` | the same as server-sent events named `progress`: one at once, one after each change |
//! | `POST /api/exercises/CHAPTER/NUMBER/start` | the starter is written unless there is a file, and what takes long is built: [`Event`]s, one JSON document per line |
//! | `POST …/check` with `{"watch": false}` | it is built and run, [`Event`]s; with `true` again each time it is saved, until it is stopped |
//! | `POST …/stop` | 204 when start or check was told to end, 409 when there is none |
//! | `POST …/hint` with `{"count": 1}` | 204; notes that so many hints were seen |
//! | `POST …/solution` with `{"anyway": false}` | `{"diff": [[side, line]], "trade_offs"}`; 409 where it is not passed, unless `anyway` |
//! | `POST …/reset` | `{"kept"}`: the starter is in the place of the learner's file, which is kept there |
//!
//! All of it is what the terminal's commands do, by the same code. Of an exercise, one start or check is under way at
//! a time on the page; a page that goes away ends it.

mod event;
mod progress;
mod work;

pub use event::{Case, Event, Schedule, Verdict};
pub use work::Ending;

use super::desk::Desk;
use super::diff::{Side, diff};
use super::{Exercise, ExerciseError};
use crate::api::{BODY, Places, Refusal, streamed};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream;
use http::StatusCode;
use lifecycle::{Shutdown, Tracker};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;
use work::{Page, Work};

/// What the routes work with.
#[derive(Clone)]
struct Shared {
    desk: Arc<Desk>,
    /// The exercises of the book, and the page that each stands on.
    pages: Arc<BTreeMap<String, PathBuf>>,
    places: Places,
    shutdown: Shutdown,
    tracker: Tracker,
}

/// The routes. `pages` says which exercises are in the book, and where; `shutdown` ends what is under way, `tracker`
/// knows when it has ended.
pub fn router(
    desk: Desk,
    pages: BTreeMap<String, PathBuf>,
    shutdown: Shutdown,
    tracker: Tracker,
) -> Router {
    let shared = Shared {
        desk: Arc::new(desk),
        pages: Arc::new(pages),
        places: Places::default(),
        shutdown,
        tracker,
    };
    Router::new()
        .route("/api/progress", get(progress::now))
        .route("/api/progress/events", get(progress::events))
        .route("/api/exercises/{chapter}/{number}/start", post(start))
        .route("/api/exercises/{chapter}/{number}/check", post(check))
        .route("/api/exercises/{chapter}/{number}/stop", post(stop))
        .route("/api/exercises/{chapter}/{number}/hint", post(hint))
        .route("/api/exercises/{chapter}/{number}/solution", post(solution))
        .route("/api/exercises/{chapter}/{number}/reset", post(reset))
        .layer(DefaultBodyLimit::max(BODY))
        .with_state(shared)
}

impl Shared {
    /// The exercise of a path; its exact name, nothing else.
    fn find(&self, (chapter, number): &(String, String)) -> Result<&Exercise, Refusal> {
        let named = |exercise: &&Exercise| {
            exercise.chapter == *chapter
                && exercise.name.strip_prefix(chapter.as_str()) == Some(&format!("/{number}"))
        };
        let found = self.desk.catalogue.exercises.iter().find(named);
        found.ok_or_else(|| {
            let message = format!("there is no exercise \"{chapter}/{number}\"");
            Refusal::unknown("unknown_exercise", message)
        })
    }

    /// The one that was started.
    fn started(&self, path: &(String, String)) -> Result<&Exercise, Refusal> {
        let exercise = self.find(path)?;
        self.desk.folder.program(exercise)?;
        Ok(exercise)
    }

    /// Does `work` on an exercise, in its one place; its events are the answer.
    fn begin(&self, exercise: &Exercise, work: Work) -> Result<Response, Refusal> {
        let place = self.places.claim(&exercise.name)?;
        let (tell, events) = mpsc::unbounded_channel();
        let (shared, exercise) = (self.clone(), exercise.clone());
        self.tracker.spawn("exercise", async move {
            let page = Page {
                tell,
                stop: place.stop.clone(),
                shutdown: shared.shutdown.clone(),
            };
            work::run(&shared.desk, &exercise, work, &page).await;
            // The next one may begin before the page has read the end of this one.
            drop(place);
        });
        Ok(streamed(stream::unfold(events, |mut events| async {
            Some((events.recv().await?, events))
        })))
    }
}

impl From<ExerciseError> for Refusal {
    fn from(error: ExerciseError) -> Refusal {
        let (status, code) = match error {
            ExerciseError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_exercise"),
            ExerciseError::NotStarted { .. } => (StatusCode::CONFLICT, "not_started"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        };
        Refusal {
            status,
            code,
            message: error.to_string(),
        }
    }
}

type At = Path<(String, String)>;

async fn start(State(shared): State<Shared>, Path(at): At) -> Result<Response, Refusal> {
    shared.begin(shared.find(&at)?, Work::Start)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    #[serde(default)]
    watch: bool,
}

async fn check(
    State(shared): State<Shared>,
    Path(at): At,
    Json(request): Json<Check>,
) -> Result<Response, Refusal> {
    let work = if request.watch {
        Work::Watch
    } else {
        Work::Check
    };
    shared.begin(shared.started(&at)?, work)
}

async fn stop(State(shared): State<Shared>, Path(at): At) -> Result<StatusCode, Refusal> {
    shared.places.stop(&shared.find(&at)?.name)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hint {
    count: u32,
}

async fn hint(
    State(shared): State<Shared>,
    Path(at): At,
    Json(request): Json<Hint>,
) -> Result<StatusCode, Refusal> {
    let exercise = shared.find(&at)?;
    shared.desk.take_hints(exercise, request.count)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Solution {
    #[serde(default)]
    anyway: bool,
}

async fn solution(
    State(shared): State<Shared>,
    Path(at): At,
    Json(request): Json<Solution>,
) -> Result<Response, Refusal> {
    let exercise = shared.find(&at)?;
    let progress = shared.desk.store.read()?;
    if !request.anyway && !progress.passed(&exercise.name) {
        let message = format!("{} is not passed yet; a hint may be enough", exercise.name);
        return Err(Refusal::conflict("not_passed", message));
    }
    let (own, solution) = shared.desk.solution(exercise)?;
    let sides = diff(own.as_deref().unwrap_or(&solution), &solution)
        .into_iter()
        .map(|(side, line)| {
            let side = match side {
                Side::Both => "both",
                Side::First => "yours",
                Side::Second => "solution",
            };
            (side, line)
        });
    let document = serde_json::json!({
        "diff": sides.collect::<Vec<_>>(),
        "trade_offs": event::html(&exercise.about.trade_offs),
    });
    Ok(Json(document).into_response())
}

async fn reset(State(shared): State<Shared>, Path(at): At) -> Result<Response, Refusal> {
    let exercise = shared.started(&at)?;
    // A check that reads the file meanwhile would judge neither the one nor the other.
    let _place = shared.places.claim(&exercise.name)?;
    let kept = shared.desk.folder.reset(exercise)?;
    let kept = shared.desk.workspace.relative(&kept);
    Ok(Json(serde_json::json!({ "kept": kept })).into_response())
}
