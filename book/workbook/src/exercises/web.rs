//! Progress for the page.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/progress` | `{"exercises": [{"name", "page", "passed"}]}`, in the order of the book |
//! | `GET /api/progress/events` | the same as server-sent events named `progress`: one at once, one after each change |

use super::progress::Store;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::stream;
use http::{StatusCode, header};
use lifecycle::Shutdown;
use serde::Serialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
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
}

#[derive(Clone)]
struct Pages {
    shared: Arc<(BTreeMap<String, PathBuf>, Store)>,
    shutdown: Shutdown,
}

/// The routes. `exercises` are those of the book, with their pages.
pub fn router(exercises: BTreeMap<String, PathBuf>, store: Store, shutdown: Shutdown) -> Router {
    let pages = Pages {
        shared: Arc::new((exercises, store)),
        shutdown,
    };
    Router::new()
        .route("/api/progress", get(now))
        .route("/api/progress/events", get(events))
        .with_state(pages)
}

impl Pages {
    fn document(&self) -> Result<serde_json::Value, String> {
        let (exercises, store) = &*self.shared;
        let progress = store.read().map_err(|error| error.to_string())?;
        let items = exercises.iter().map(|(name, page)| Item {
            name,
            page: page.to_string_lossy().replace('\\', "/"),
            passed: progress.passed(name),
        });
        Ok(serde_json::json!({ "exercises": items.collect::<Vec<_>>() }))
    }
}

async fn now(State(pages): State<Pages>) -> Response {
    let kept = [(header::CACHE_CONTROL, "no-store")];
    match pages.document() {
        Ok(document) => (kept, Json(document)).into_response(),
        Err(message) => {
            let error =
                serde_json::json!({ "error": { "code": "no_progress", "message": message } });
            (StatusCode::INTERNAL_SERVER_ERROR, kept, Json(error)).into_response()
        }
    }
}

async fn events(State(pages): State<Pages>) -> Response {
    let news = stream::unfold((pages, None), |(pages, told)| async move {
        let (event, told) = next(&pages, told).await?;
        Some((Ok::<_, Infallible>(event), (pages, Some(told))))
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
async fn next(pages: &Pages, told: Option<Told>) -> Option<(Bytes, Told)> {
    for _ in 0..SILENCE {
        let changed = pages.shared.1.changed();
        if told != Some(changed)
            && let Ok(document) = pages.document()
        {
            let event = format!("event: progress\ndata: {document}\n\n");
            return Some((event.into(), changed));
        }
        tokio::select! {
            () = pages.shutdown.triggered() => return None,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    Some((Bytes::from_static(b": still here\n\n"), told.flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;
    use http_body_util::BodyExt as _;
    use std::time::SystemTime;
    use tower::ServiceExt as _;

    async fn frame(body: &mut Body) -> Option<String> {
        let frame = tokio::time::timeout(Duration::from_mins(1), body.frame());
        let bytes = frame
            .await
            .expect("news in time")?
            .expect("a frame")
            .into_data()
            .expect("data");
        Some(String::from_utf8(bytes.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn passing_in_a_terminal_is_news_to_the_page() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::of(&Workspace::at(folder.path().to_path_buf()));
        let page = PathBuf::from("concurrency/channels.html");
        let shutdown = Shutdown::new();
        let router = router(
            [("channels/1".to_owned(), page)].into(),
            store.clone(),
            shutdown.clone(),
        );
        let ask = |path: &str| {
            let request = http::Request::get(path)
                .body(Body::empty())
                .expect("a request");
            router.clone().oneshot(request)
        };
        let item = |passed: bool| {
            format!(r#""name":"channels/1","page":"concurrency/channels.html","passed":{passed}"#)
        };

        let mut news = ask("/api/progress/events")
            .await
            .expect("an answer")
            .into_body();
        let first = frame(&mut news).await.expect("what is so now");
        assert!(
            first.starts_with("event: progress\ndata: {") && first.contains(&item(false)),
            "{first}"
        );
        store
            .note("channels/1", true, SystemTime::now())
            .expect("noted");
        let second = frame(&mut news).await.expect("the news");
        assert!(second.contains(&item(true)), "{second}");
        let mut now = ask("/api/progress").await.expect("an answer").into_body();
        assert!(
            frame(&mut now)
                .await
                .expect("a document")
                .contains(&item(true))
        );
        shutdown.trigger("the test is over");
        assert_eq!(frame(&mut news).await, None);
    }
}
