//! What this program answers.

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use exposition::Format;
use lifecycle::Shutdown;

use crate::exporter::Exporter;

/// `/metrics`, `/liveness`, `/readiness`, and a word on the rest.
pub fn router(exporter: Exporter, ending: Shutdown) -> Router {
    let ready = move || async move {
        if ending.is_triggered() {
            (StatusCode::SERVICE_UNAVAILABLE, "ending\n")
        } else {
            (StatusCode::OK, "ready\n")
        }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(exporter)
        .route("/liveness", get(|| async { "alive\n" }))
        // A service that cannot be read is no reason to keep Prometheus from hearing so.
        .route("/readiness", get(ready))
        .route(
            "/",
            get(|| async { "sales-metrics: /metrics has the service's variables\n" }),
        )
}

/// 200 even if the service cannot be read: `up` says so, with the cause beside it.
async fn metrics(State(exporter): State<Exporter>, headers: HeaderMap) -> impl IntoResponse {
    let accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let format = Format::negotiate(&accepted.collect::<Vec<_>>().join(","));
    let text = exposition::write(&exporter.families().await, format);
    (
        [(CONTENT_TYPE, format.content_type()), (VARY, "accept")],
        text,
    )
}
