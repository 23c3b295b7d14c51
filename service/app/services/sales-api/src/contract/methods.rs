//! Methods: `OPTIONS` for every path, and 405 for those that a path does not take.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, State};
use axum::response::{IntoResponse, Response};
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode, Uri};
use web::ApiError;

/// The value of `Allow` for each route.
pub type Allowed = HashMap<String, HeaderValue>;

/// Adds the answers to methods that have no handler.
pub fn add(routes: Router, allowed: Allowed) -> Router {
    let allowed = Arc::new(allowed);
    routes.method_not_allowed_fallback(move |path: MatchedPath, method: Method, uri: Uri| {
        other(State(Arc::clone(&allowed)), path, method, uri)
    })
}

async fn other(
    State(allowed): State<Arc<Allowed>>,
    path: MatchedPath,
    method: Method,
    uri: Uri,
) -> Response {
    let allow = allowed
        .get(path.as_str())
        .cloned()
        .unwrap_or(HeaderValue::from_static("GET, HEAD, OPTIONS"));
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(ALLOW, allow)]).into_response();
    }
    let message = format!("{} does not take {method}", uri.path());
    let error = ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    );
    error.with_header(ALLOW, allow).into_response()
}
