//! Progress for the page, as it is and as it changes.

use super::Shared;
use crate::api::Refusal;
use crate::exercises::ExerciseError;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;

/// How often the file is looked at while a page listens.
const LOOK: Duration = Duration::from_millis(300);
/// After how many looks without news something is sent, so that a page that has gone is noticed.
const SILENCE: u32 = 50;

/// What the page is told of one exercise.
#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    page: String,
    passed: bool,
    started: bool,
    hints: u32,
    /// The learner's file, seen from the workspace.
    file: String,
    /// The same for an editor.
    path: String,
}

impl Shared {
    fn document(&self) -> Result<serde_json::Value, ExerciseError> {
        let progress = self.desk.store.read()?;
        let mut items = Vec::new();
        for (name, page) in &*self.pages {
            let exercise = self.desk.catalogue.find(name)?;
            let path = self.desk.folder.file(exercise);
            let state = progress.exercises.get(name);
            items.push(Item {
                name,
                page: page.to_string_lossy().replace('\\', "/"),
                passed: progress.passed(name),
                started: path.is_file(),
                hints: state.map_or(0, |state| state.hints),
                file: self.desk.workspace.relative(&path).display().to_string(),
                path: path.display().to_string(),
            });
        }
        Ok(serde_json::json!({ "exercises": items }))
    }
}

pub(super) async fn now(State(shared): State<Shared>) -> Response {
    let kept = [(header::CACHE_CONTROL, "no-store")];
    match shared.document() {
        Ok(document) => (kept, Json(document)).into_response(),
        Err(error) => (kept, Refusal::from(error)).into_response(),
    }
}

pub(super) async fn events(State(shared): State<Shared>) -> Response {
    let news = stream::unfold((shared, None), |(shared, told)| async move {
        let (event, told) = next(&shared, told).await?;
        Some((Ok::<_, Infallible>(event), (shared, Some(told))))
    });
    let kind = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (kind, Body::from_stream(news)).into_response()
}

/// What the page knows: when the file was changed that it was told of.
type Told = Option<std::time::SystemTime>;

/// The next thing to send, and what the page knows then; nothing when the server ends.
async fn next(shared: &Shared, told: Option<Told>) -> Option<(Bytes, Told)> {
    for _ in 0..SILENCE {
        let changed = shared.desk.store.changed();
        if told != Some(changed)
            && let Ok(document) = shared.document()
        {
            let event = format!("event: progress\ndata: {document}\n\n");
            return Some((event.into(), changed));
        }
        tokio::select! {
            () = shared.shutdown.triggered() => return None,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    Some((Bytes::from_static(b": still here\n\n"), told.flatten()))
}
