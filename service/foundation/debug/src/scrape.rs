//! `/metrics`: the variables for Prometheus and those who speak its formats.

use axum::extract::State;
use axum::response::Response;
use exposition::Format;
use http::header::{ACCEPT, VARY};
use http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::{metrics, reply};

pub(crate) async fn scrape(State(app): State<App>, headers: HeaderMap) -> Response {
    let accepted: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let format = Format::negotiate(&accepted.join(","));
    let text = metrics::render(&app.registry, format);
    let mut response = reply::reply(format.content_type(), text);
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("accept"));
    response
}
