//! The one form in which errors leave the service.

use std::borrow::Cow;
use std::fmt;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

/// An error as the client sees it, and what only the log sees.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// The answer's status.
    pub status: StatusCode,
    /// For programs: never changes its meaning.
    pub code: &'static str,
    /// For people.
    pub message: Cow<'static, str>,
    /// What is wrong where, if the error is about parts of the request.
    pub fields: Vec<Field>,
    /// For the log only: what the client has no use for or must not see.
    pub detail: Option<String>,
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
            detail: None,
        }
    }

    /// 404 `not_found`.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 500 `internal`: the client learns nothing but the request's id; `detail` goes to the log.
    pub fn internal(detail: impl fmt::Display) -> Self {
        let message = "something went wrong here; the log has it under this request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).with_detail(detail)
    }

    /// Adds a part of the request that is wrong.
    pub fn with_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(Field {
            field: field.into(),
            message: message.into(),
        });
        self
    }

    /// Sets what only the log shall see.
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// The body: JSON, with the request's id if there is one.
    pub(crate) fn body(&self, request_id: Option<&str>) -> Vec<u8> {
        let error = Error {
            code: self.code,
            message: &self.message,
            request_id,
            fields: &self.fields,
        };
        serde_json::to_vec(&Document { error }).expect("strings always serialize")
    }
}

#[derive(Serialize)]
struct Document<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Field]>::is_empty")]
    fields: &'a [Field],
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
    /// A complete answer but for the request's id: the error travels along, so that the pipeline can add it.
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body(None).into());
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(self);
        response
    }
}
