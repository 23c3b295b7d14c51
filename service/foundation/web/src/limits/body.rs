//! How large a request's body may be and how long it may take to arrive.
//!
//! It is read before any work begins: a slow client keeps nobody from working but itself.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use expvar::Counter;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;

use crate::ApiError;
use crate::limits::gate::RETRY_AFTER;

/// What bodies are allowed.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// Bytes of one.
    pub(crate) limit: usize,
    /// How long one may take to arrive.
    pub(crate) timeout: Duration,
    /// Bytes of all at once.
    pub(crate) memory: usize,
    pub(crate) held: Held,
    pub(crate) refused: Counter,
}

/// Bytes of bodies in memory, or promised to them.
pub(crate) type Held = Arc<AtomicUsize>;

/// Gives the bytes back.
#[derive(Debug)]
pub(crate) struct Reserved {
    held: Held,
    bytes: usize,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Bodies {
    /// The whole body in memory, which is accounted for until the second value is dropped.
    ///
    /// # Errors
    /// 413 `body_too_large`, at once if the body says so; 408 `body_timed_out`; 503 `overloaded` if there are too many
    /// others; 400 `incomplete_body`.
    pub(crate) async fn read(&self, body: Body) -> Result<(Body, Option<Reserved>), ApiError> {
        if body.is_end_stream() {
            return Ok((body, None));
        }
        let reserved = self.reserve(body.size_hint().upper())?;
        let whole = Limited::new(body, self.limit).collect();
        let whole = tokio::time::timeout(self.timeout, whole)
            .await
            .map_err(|_| timed_out(self.timeout))?
            .map_err(|error| broken(&*error))?;
        Ok((Body::from(whole.to_bytes()), Some(reserved)))
    }

    /// Makes room for as much as the client announced, or for as much as it may send.
    fn reserve(&self, announced: Option<u64>) -> Result<Reserved, ApiError> {
        let bytes = announced.unwrap_or(self.limit as u64);
        if bytes > self.limit as u64 {
            return Err(too_large());
        }
        let bytes = bytes as usize;
        let held = Arc::clone(&self.held);
        let before = held.fetch_add(bytes, Ordering::Relaxed);
        let reserved = Reserved { held, bytes };
        if before.saturating_add(bytes) > self.memory {
            self.refused.inc();
            return Err(too_many());
        }
        Ok(reserved)
    }
}

pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "the request's body is larger than allowed",
    )
}

#[cold]
fn too_many() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        "too many requests are being read; try again shortly",
    )
    .with_retry_after(RETRY_AFTER)
}

/// A slow client is no error of the service's.
#[cold]
fn timed_out(limit: Duration) -> ApiError {
    let message = format!("the request's body did not arrive within {limit:?}");
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_timed_out", message)
}

#[cold]
fn broken(error: &(dyn Error + 'static)) -> ApiError {
    if error.is::<LengthLimitError>() {
        return too_large();
    }
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "incomplete_body",
        "the request's body did not arrive whole",
    )
    .with_cause(error)
}
