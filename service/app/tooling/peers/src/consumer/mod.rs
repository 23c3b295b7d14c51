//! A consumer of events that applies each once, however often it comes.
//!
//! What it has applied is in a file, and the event's key with it: both are there or neither, so it may be killed at any
//! moment. It answers when they are on disk.

mod ledger;
mod signature;

pub use ledger::{Applied, Entry, Ledger, Report, entries};
pub use signature::Secret;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

/// How a consumer works.
#[derive(Debug, Default)]
pub struct Options {
    /// What events must be signed with.
    pub secret: Option<Secret>,
    /// Subjects such as `order/7` whose events it refuses, to see what becomes of them.
    pub refuse: BTreeSet<String>,
}

/// The consumer's routes: `POST` anywhere takes an event, `GET` anywhere tells what was taken so far.
pub fn router(ledger: Ledger, options: Options) -> Router {
    let state = Arc::new((ledger, options));
    let both = || post(take).merge(get(report));
    Router::new()
        .route("/", both())
        .route("/{*path}", both())
        .layer(DefaultBodyLimit::max(64 << 10))
        .with_state(state)
}

type Shared = Arc<(Ledger, Options)>;

/// As much of an event as a consumer must know to keep it.
#[derive(Deserialize)]
struct Event {
    r#type: String,
    subject: String,
    sequence: i64,
}

async fn take(
    State(state): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<&'static str, (StatusCode, String)> {
    let (ledger, options) = &*state;
    let bad = |message: &str| (StatusCode::BAD_REQUEST, message.to_owned());
    if let Some(secret) = &options.secret {
        let checked = secret.check(&headers, &body, SystemTime::now());
        checked.map_err(|message| (StatusCode::UNAUTHORIZED, message.to_owned()))?;
    }
    let key = headers.get("webhook-id").and_then(|key| key.to_str().ok());
    let key = key.ok_or_else(|| bad("webhook-id must name the event"))?;
    let event: Event =
        serde_json::from_slice(&body).map_err(|_| bad("the body must be an event"))?;
    if options.refuse.contains(&event.subject) {
        let message = format!("events of {} are refused", event.subject);
        return Err((StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    let entry = Entry {
        key: key.to_owned(),
        r#type: event.r#type,
        subject: event.subject,
        sequence: event.sequence,
    };
    match ledger.apply(entry).await {
        Ok(Applied::Now) => Ok("applied\n"),
        Ok(Applied::Before) => Ok("applied before\n"),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

async fn report(State(state): State<Shared>) -> axum::Json<Report> {
    axum::Json(state.0.report())
}
