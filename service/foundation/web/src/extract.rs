//! axum's extractors with errors in the service's own form.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ApiError;
use crate::limits::body;

/// A JSON body, in or out.
///
/// Refused as `body_too_large` (413), `unsupported_media_type` (415), `malformed_json` (400: not JSON) and
/// `invalid_body` (422: JSON of another shape).
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let parsed = axum::Json::from_request(request, state).await;
        parsed
            .map(|axum::Json(value)| Self(value))
            .map_err(|rejection| refuse_json(&rejection))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn refuse_json(rejection: &JsonRejection) -> ApiError {
    let code = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => return body::too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::UNPROCESSABLE_ENTITY => "invalid_body",
        _ => "malformed_json",
    };
    ApiError::new(rejection.status(), code, rejection.body_text())
}

/// The parameters in the path. Refused as `invalid_path` (400).
#[derive(Debug, Clone, Copy, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parsed = axum::extract::Path::from_request_parts(parts, state).await;
        parsed
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|rejection| refuse_path(&rejection))
    }
}

fn refuse_path(rejection: &PathRejection) -> ApiError {
    let refused = |message: String| ApiError::new(rejection.status(), "invalid_path", message);
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return refused(rejection.body_text());
    };
    match failed.kind() {
        ErrorKind::ParseErrorAtKey {
            key,
            value,
            expected_type,
        } => {
            let expected = match *expected_type {
                "i64" | "u64" | "i32" | "u32" => "a whole number",
                other => other,
            };
            refused(format!("{value:?} is no {key}: it must be {expected}"))
        }
        _ => refused(rejection.body_text()),
    }
}

/// The parameters after the question mark. Refused as `invalid_query` (400).
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parsed = axum::extract::Query::from_request_parts(parts, state).await;
        parsed
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection: QueryRejection| {
                ApiError::new(rejection.status(), "invalid_query", rejection.body_text())
            })
    }
}
