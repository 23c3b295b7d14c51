//! How long a request may take.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use tokio::time::Instant;

use crate::ApiError;
use crate::underway::Given;

/// When a request is given up. Handlers take it as an argument, to give up earlier what cannot be done in time any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So much later than now.
    pub fn after(limit: Duration) -> Self {
        // Further away than any clock counts is never: thirty years will do.
        let now = Instant::now();
        Self(now.checked_add(limit).unwrap_or_else(|| now + FAR))
    }

    /// The moment itself.
    pub fn at(self) -> Instant {
        self.0
    }

    /// What is left; zero once it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// What comes of the future if it ends in time. It is dropped otherwise.
    ///
    /// # Errors
    /// 504 `timed_out`.
    pub async fn within<T>(self, work: impl Future<Output = T>) -> Result<T, ApiError> {
        tokio::time::timeout_at(self.0, work)
            .await
            .map_err(|_| timed_out())
    }
}

const FAR: Duration = Duration::from_hours(24 * 365 * 30);

/// Outside the pipeline: far away.
impl<S: Send + Sync> FromRequestParts<S> for Deadline {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let given = parts.extensions.get::<Given>();
        Ok(given.map_or_else(|| Self::after(FAR), |given| given.deadline))
    }
}

#[cold]
fn timed_out() -> ApiError {
    ApiError::new(
        StatusCode::GATEWAY_TIMEOUT,
        "timed_out",
        "the request took too long and was given up",
    )
}
