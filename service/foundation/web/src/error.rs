//! The one form in which errors leave the service: problem details (RFC 9457).

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::TraceId;

/// The media type of errors.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error as the client sees it, and what only the log sees.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// The answer's status.
    pub status: StatusCode,
    /// For programs: never changes its meaning. Lower-case words joined by `_`; the document's `type` and `title` are made
    /// from it.
    pub code: &'static str,
    /// For people: the document's `detail`.
    pub message: Cow<'static, str>,
    /// What is wrong where, if the error is about parts of the request: the document's `errors`.
    pub fields: Vec<Field>,
    /// Headers of the answer, such as `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log only: what the client has no use for or must not see.
    pub cause: Option<String>,
}

/// One part of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Which part: `items[0].quantity`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl ApiError {
    /// An error with a status, a code for programs and a message for people.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }
    }

    /// 404 `not_found`.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 500 `internal`: the client learns nothing but the request's id; `cause` goes to the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let message = "something went wrong here; the log has it under this request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).with_cause(cause)
    }

    /// Adds a part of the request that is wrong.
    pub fn with_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(Field {
            field: field.into(),
            message: message.into(),
        });
        self
    }

    /// Adds a header to the answer.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Tells the client when it makes sense to try again: in whole seconds, rounded up, at least one.
    pub fn with_retry_after(self, wait: Duration) -> Self {
        let seconds = whole_seconds(wait).max(1);
        self.with_header(RETRY_AFTER, seconds.into())
    }

    /// Sets what only the log shall see.
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The answer. `types` is what the documents' `type` begins with.
    pub(crate) fn answer(self, types: &str, request: &Names<'_>) -> Response {
        let mut response = Response::new(self.body(types, request).into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }

    /// Writes what the pipeline knows about the request into an answer that [`IntoResponse`] made.
    pub(crate) fn complete(response: &mut Response, types: &str, request: &Names<'_>) {
        let Some(error) = response.extensions().get::<ApiError>() else {
            return;
        };
        let body = error.body(types, request);
        response.headers_mut().remove(CONTENT_LENGTH);
        *response.body_mut() = body.into();
    }

    fn body(&self, types: &str, request: &Names<'_>) -> Vec<u8> {
        let problem = Problem {
            kind: format_args!("{types}{}", self.code),
            title: title(self.code),
            status: self.status.as_u16(),
            detail: &self.message,
            code: self.code,
            errors: &self.fields,
            request_id: request.id,
            trace_id: request.trace,
        };
        serde_json::to_vec(&problem).expect("strings and numbers always serialize")
    }
}

/// By which names a client may ask about its request.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) trace: Option<TraceId>,
}

/// What documents' `type` begins with where nobody says otherwise; the code follows.
pub(crate) const TYPES: &str = "/errors/";

/// In the order in which people read it.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: fmt::Arguments<'a>,
    title: String,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "<[Field]>::is_empty")]
    errors: &'a [Field],
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<TraceId>,
}

/// `out_of_stock` is "Out of stock": the same for every occurrence, as the RFC wants it.
fn title(code: &str) -> String {
    let mut title = code.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// Whole seconds, rounded up: who tries again that much later is not too early.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.status.as_u16(),
            self.code,
            self.message
        )
    }
}

impl std::error::Error for ApiError {}

impl IntoResponse for ApiError {
    /// A complete answer but for the names of the request: the error travels along, so that the pipeline can add them.
    fn into_response(self) -> Response {
        self.answer(TYPES, &Names::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_never_told_to_come_back_too_early() {
        for (wait, told) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (59_999, "60")] {
            let error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "later")
                .with_retry_after(Duration::from_millis(wait));
            let response = error.into_response();
            assert_eq!(response.headers()[RETRY_AFTER], told, "{wait} ms");
        }
    }

    #[test]
    fn titles_are_made_from_codes() {
        assert_eq!(title("out_of_stock"), "Out of stock");
        assert_eq!(title(""), "");
    }
}
