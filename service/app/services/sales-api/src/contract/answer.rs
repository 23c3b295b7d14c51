//! Answers with an entity tag: whole, in part, or not at all if the client has them.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use web::ApiError;

use super::conditions::{ETag, IfNoneMatch};
use super::query::Only;
use crate::wire::Selectable;

/// The answer to a question: 304 if the client has it. Without a tag of its own it gets its body's.
///
/// # Errors
/// 500 if it cannot be written as JSON.
pub fn found<T: Serialize + Selectable>(
    body: &T,
    etag: Option<ETag>,
    only: Option<&Only>,
    known: &IfNoneMatch,
) -> Result<Response, ApiError> {
    if let Some(etag) = &etag
        && known.has(etag)
    {
        return Ok(not_modified(etag));
    }
    let json = match only {
        None => json(body)?,
        Some(only) => {
            let mut value = serde_json::to_value(body).map_err(ApiError::internal)?;
            T::select(&mut value, only);
            json(&value)?
        }
    };
    let etag = etag.unwrap_or_else(|| ETag::of_body(&json));
    if known.has(&etag) {
        return Ok(not_modified(&etag));
    }
    Ok(tagged(StatusCode::OK, &etag, json))
}

/// The whole of something that was changed.
///
/// # Errors
/// 500 if it cannot be written as JSON.
pub fn whole<T: Serialize>(body: &T, etag: &ETag) -> Result<Response, ApiError> {
    Ok(tagged(StatusCode::OK, etag, json(body)?))
}

/// Something that was made, and where it is.
///
/// # Errors
/// 500 if it cannot be written as JSON.
pub fn created<T: Serialize>(location: &str, body: &T, etag: &ETag) -> Result<Response, ApiError> {
    let location = HeaderValue::from_str(location).map_err(ApiError::internal)?;
    let mut response = tagged(StatusCode::CREATED, etag, json(body)?);
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

fn json<T: Serialize>(body: &T) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(body).map_err(ApiError::internal)
}

fn tagged(status: StatusCode, etag: &ETag, json: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, REVALIDATE),
        (ETAG, etag.header()),
    ];
    (status, headers, json).into_response()
}

fn not_modified(etag: &ETag) -> Response {
    let headers = [(CACHE_CONTROL, REVALIDATE), (ETAG, etag.header())];
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

/// It may be kept, but must be asked about before each use.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
