//! The document of the API, and pages for people: one to try it out, one for each kind of error. They need nothing from
//! elsewhere, and their policy says so to the browser.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
};
use serde_json::Value;
use web::ApiError;

use crate::contract::{ETag, IfNoneMatch};
use crate::errors::catalogue;
use crate::openapi;

/// Nothing from elsewhere, nothing inline, and no page around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// True for the routes of [`routes`].
pub fn is_page(route: &str) -> bool {
    let pages = [openapi::PATH, "/", ERROR];
    pages.contains(&route) || route == DOCS || route.starts_with("/docs/")
}

const DOCS: &str = "/docs";
const ERROR: &str = "/errors/{code}";

/// The routes of the document and the pages.
pub fn routes(document: &Value) -> Router {
    let json = Bytes::from(document.to_string());
    let etag = ETag::of_body(&json);
    Router::new()
        .route(
            openapi::PATH,
            get(move |known: IfNoneMatch| async move { served(&known, &etag, json) }),
        )
        .route("/", get(|| async { Redirect::temporary(DOCS) }))
        .route(
            DOCS,
            page("text/html; charset=utf-8", include_str!("docs/index.html")),
        )
        .route(
            "/docs/docs.js",
            page(
                "text/javascript; charset=utf-8",
                include_str!("docs/docs.js"),
            ),
        )
        .route(
            "/docs/docs.css",
            page("text/css; charset=utf-8", include_str!("docs/docs.css")),
        )
        .route(ERROR, get(error))
}

fn served(known: &IfNoneMatch, etag: &ETag, json: Bytes) -> Response {
    let headers = [
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (ETAG, etag.header()),
    ];
    if known.has(etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, kind, json).into_response()
}

fn page<S: Clone + Send + Sync + 'static>(
    kind: &'static str,
    text: &'static str,
) -> axum::routing::MethodRouter<S> {
    get(move || async move { with_policy(kind, text) })
}

fn with_policy(kind: &'static str, text: impl IntoResponse) -> Response {
    let headers: [(HeaderName, &'static str); 5] = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (http::header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}

/// What a `type` of a problem leads to.
async fn error(Path(code): Path<String>) -> Result<Response, ApiError> {
    let known = catalogue::find(&code);
    let known = known.ok_or_else(|| ApiError::not_found("there is no such kind of error"))?;
    let statuses: Vec<String> = known.statuses.iter().map(u16::to_string).collect();
    let text = format!(
        "{} ({}): {}\n",
        known.code,
        statuses.join(", "),
        known.meaning
    );
    Ok(with_policy("text/plain; charset=utf-8", text))
}
