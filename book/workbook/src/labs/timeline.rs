//! The recording of the run that a lab made last, drawn part by part as a page looks closer.
//!
//! A picture has at most 5,000 elements, so a long recording is summed up in it. What a page zooms into is drawn anew, in
//! as much detail as then fits.

use super::Labs;
use crate::api::Refusal;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use lab_format::Timeline;
use lab_format::draw::{self, SvgOptions};
use serde::Deserialize;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What is kept of a lab's last run: one recording, as large as [`Limits::document`](super::Limits::document) lets it be.
#[derive(Debug, Default)]
pub(super) struct LastRun {
    kept: Mutex<Option<Arc<Recording>>>,
}

#[derive(Debug)]
struct Recording {
    /// Tells runs apart, so that a page does not get a part of another run than the one it shows.
    number: u64,
    title: String,
    source: String,
    timeline: Timeline,
}

impl LastRun {
    /// Keeps a recording in place of the one before, and draws all of it; nothing, where nothing was recorded.
    pub(super) fn keep(&self, lab: &str, timeline: Timeline, title: String) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let recording = Arc::new(Recording {
            number,
            title,
            source: format!("/api/labs/{lab}/timeline?run={number}"),
            timeline,
        });
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&recording));
        if recording.timeline.is_empty() {
            return String::new();
        }
        recording.draw(None)
    }

    fn get(&self) -> Option<Arc<Recording>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }
}

impl Recording {
    fn draw(&self, window: Option<Range<u64>>) -> String {
        let options = SvgOptions {
            title: self.title.clone(),
            window,
            source: self.source.clone(),
            ..SvgOptions::default()
        };
        draw::svg(&self.timeline, &options)
    }
}

/// Which part of which run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    run: u64,
    from: u64,
    to: u64,
}

/// Answers with a part of the last run.
pub(super) async fn part(
    State(labs): State<Labs>,
    Path(name): Path<String>,
    Query(Part { run, from, to }): Query<Part>,
) -> Result<Response, Refusal> {
    let kept = labs.find(&name)?.last.get();
    let recording = kept
        .filter(|kept| kept.number == run)
        .ok_or_else(|| Refusal {
            status: StatusCode::GONE,
            code: "another_run",
            message: format!(
                "{name} has run again since, or the workbook was started anew: run it again"
            ),
        })?;
    let end = recording.timeline.end();
    if from >= to || from >= end.max(1) {
        return Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "bad_range",
            message: format!("from {from} to {to} is no part of a recording from 0 to {end}"),
        });
    }
    // Drawing a long recording keeps a processor busy for some milliseconds.
    let drawn = tokio::task::spawn_blocking(move || recording.draw(Some(from..to))).await;
    let svg = drawn.map_err(|_| Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "not_drawn",
        message: "the recording could not be drawn".to_owned(),
    })?;
    let kind = [
        (header::CONTENT_TYPE, "image/svg+xml; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((kind, svg).into_response())
}
