//! Why a capture has no result, as an answer.

use axum::response::Response;
use http::StatusCode;

use crate::captures::{Cancelled, Holder};
use crate::{SamplingError, reply};

/// Why a capture has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A parameter makes no sense.
    #[error("{0}")]
    Asked(String),
    /// A parameter changes something.
    #[error("{0} changes something: use POST")]
    OnlyByPost(&'static str),
    /// Somebody else captures.
    #[error("{0}; wait, or take its place by POST with force=true")]
    Held(Holder),
    /// Somebody else has taken the turn.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The listener stops.
    #[error("the program is ending")]
    Stopping,
    /// The collector cannot.
    #[error(transparent)]
    Collect(#[from] collect::Error),
    /// Its result is out of bounds.
    #[error("the {kind} profile has {len} bytes, more than the {max} that are sent")]
    TooLarge {
        kind: &'static str,
        len: usize,
        max: usize,
    },
    /// The heap cannot be sampled so.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A thread that worked on it ended early.
    #[error("the profile could not be made: {0}")]
    Broken(String),
}

impl Failure {
    pub(crate) fn answer(&self) -> Response {
        use collect::Error;
        let status = match self {
            Self::OnlyByPost(parameter) => return reply::only_by_post(parameter),
            Self::Asked(_)
            | Self::Collect(Error::Rate { .. })
            | Self::Sampling(SamplingError::Rate { .. }) => StatusCode::BAD_REQUEST,
            Self::Held(_)
            | Self::Cancelled(_)
            | Self::Collect(Error::Busy { .. } | Error::Taken { .. }) => StatusCode::CONFLICT,
            Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::Collect(Error::Unsupported { .. })
            | Self::Sampling(SamplingError::Heap(Error::Unsupported { .. })) => {
                StatusCode::NOT_IMPLEMENTED
            }
            Self::Collect(_) | Self::Sampling(_) | Self::TooLarge { .. } | Self::Broken(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        reply::error(status, &self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use collect::Error;

    use super::*;

    #[test]
    fn failures_have_statuses() {
        for (failure, status) in [
            (Failure::Asked("seconds".to_owned()), 400),
            (Failure::OnlyByPost("force"), 405),
            (Failure::Stopping, 503),
            (
                Failure::Collect(Error::Busy {
                    since: SystemTime::UNIX_EPOCH,
                    running_for: Duration::from_secs(3),
                }),
                409,
            ),
            (Failure::Collect(Error::Taken { what: "SIGPROF" }), 409),
            (Failure::Collect(Error::Unsupported { why: "no" }), 501),
            (Failure::Collect(Error::Rate { hz: 0 }), 400),
            (Failure::Sampling(SamplingError::Rate { bytes: 1 }), 400),
            (
                Failure::Sampling(SamplingError::Heap(Error::Unsupported { why: "no" })),
                501,
            ),
            (
                Failure::Collect(Error::System {
                    doing: "timer",
                    source: std::io::ErrorKind::Other.into(),
                }),
                500,
            ),
            (
                Failure::TooLarge {
                    kind: "heap",
                    len: 2,
                    max: 1,
                },
                500,
            ),
        ] {
            assert_eq!(failure.answer().status().as_u16(), status, "{failure}");
        }
    }
}
