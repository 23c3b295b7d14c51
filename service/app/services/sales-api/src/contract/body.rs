//! Bodies: JSON objects, whatever is in them.

use axum::extract::{FromRequest, Request};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use web::{ApiError, Json};

use crate::wire::given::{Kind, Object};

/// A JSON object with the fields of `T`; their values are still to be checked.
///
/// Refused as [`web::Json`] does, and as `invalid_body` (422) if it is no object.
#[derive(Debug)]
pub struct Body<T>(pub Object<T>);

impl<T: for<'de> Deserialize<'de>, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(value) = Json::<Value>::from_request(request, state).await?;
        Object::read(value).map(Body).ok_or_else(|| {
            ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_body",
                "the body must be an object",
            )
        })
    }
}

/// What is to become different (RFC 7396), as `application/merge-patch+json` or plain JSON. Other kinds of patches are
/// JSON too, so the type is looked at closely.
#[derive(Debug)]
pub struct MergePatch<T>(pub Object<T>);

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const PATCHES: &str = "application/merge-patch+json, application/json";

impl<T: for<'de> Deserialize<'de>, S: Send + Sync> FromRequest<S> for MergePatch<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_merge_patch(request.headers()) {
            let error = ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                format!("the body must be declared as one of {PATCHES}"),
            );
            return Err(error.with_header(ACCEPT_PATCH, HeaderValue::from_static(PATCHES)));
        }
        let body = Body::from_request(request, state).await;
        body.map(|Body(object)| MergePatch(object))
    }
}

fn is_merge_patch(headers: &HeaderMap) -> bool {
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = declared.split(';').next().unwrap_or_default().trim();
    PATCHES
        .split(", ")
        .any(|patch| kind.eq_ignore_ascii_case(patch))
}
