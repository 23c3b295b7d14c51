//! The span that a request leaves, by the names that OpenTelemetry gives to what is known about it.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use trace::{Kind, Span, Value};

use crate::metrics::method_label;
use crate::underway::Underway;
use crate::{ApiError, RequestId, TraceContext};

/// Longer paths are cut. Many spans wait for their collector, and whoever asks says how long a path is.
const MAX_PATH: usize = 1024;

/// The span of a request that has just ended. The query is left out: it may hold secrets.
pub(crate) fn of(
    request: &Underway,
    trace: &TraceContext,
    status: Option<StatusCode>,
    error: Option<&ApiError>,
    took: Duration,
) -> Span {
    let (method, verb) = match method_label(&request.method) {
        // Names are out of few, whatever a client calls its method.
        "other" => ("_OTHER", "HTTP"),
        known => (known, known),
    };
    let name = match &request.route {
        Some(route) => format!("{verb} {}", route.as_str()),
        None => verb.to_owned(),
    };
    let path = request.uri.path();
    let path = &path[..path.floor_char_boundary(MAX_PATH)];
    let mut attributes: Vec<(&'static str, Value)> = vec![
        ("http.request.method", method.to_owned().into()),
        ("url.path", path.to_owned().into()),
    ];
    if let Some(route) = &request.route {
        attributes.push(("http.route", route.as_str().to_owned().into()));
    }
    if let Some(id) = &request.id {
        attributes.push(("http.request.id", RequestId::as_str(id).to_owned().into()));
    }
    if let Some(status) = status {
        attributes.push((
            "http.response.status_code",
            i64::from(status.as_u16()).into(),
        ));
    }
    let code = error.map(|error| error.code);
    attributes.extend(code.map(|code| ("error.type", code.into())));
    let failure = match status {
        None => Some("the client left before the answer"),
        Some(status) if status.is_server_error() => Some(code.unwrap_or("server error")),
        Some(_) => None,
    };
    let end = SystemTime::now();
    Span {
        name: name.into(),
        kind: Kind::Server,
        context: trace.0.clone(),
        start: end - took,
        end,
        attributes,
        error: failure.map(Into::into),
    }
}
