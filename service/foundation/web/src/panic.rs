//! A panic costs only the request that panics.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::{Method, Uri};

use crate::ApiError;

/// What comes of the future, or 500 `internal` if it panics: counted, logged, and not told to the client.
pub(crate) async fn caught<T>(
    method: &Method,
    uri: &Uri,
    inner: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    // Nothing of what the future held is used again.
    match AssertUnwindSafe(inner).catch_unwind().await {
        Ok(result) => result,
        Err(payload) => Err(panicked(method, uri, &*payload)),
    }
}

#[cold]
fn panicked(method: &Method, uri: &Uri, payload: &(dyn Any + Send)) -> ApiError {
    lifecycle::report_panic(&format!("request {method} {}", uri.path()), payload);
    ApiError::internal(format_args!("panic: {}", lifecycle::panic_message(payload)))
}
