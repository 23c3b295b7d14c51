//! How attempts fail.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use resilience::Outcome;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Nobody can be reached.
    Unreachable,
    /// The connection broke.
    Broken,
    /// The answer did not come in time.
    Late,
    /// The answer says that the other side is in trouble.
    Status(StatusCode),
    /// The answer says that the request is wrong.
    Refused(StatusCode),
    /// The answer makes no sense.
    Nonsense,
    /// The breaker let no attempt through.
    Open,
    /// Too many wait for the other side already.
    Full,
}

impl Cause {
    /// Its name: `unreachable`.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Unreachable => "unreachable",
            Cause::Broken => "broken",
            Cause::Late => "late",
            Cause::Status(_) => "status",
            Cause::Refused(_) => "refused",
            Cause::Nonsense => "nonsense",
            Cause::Open => "open",
            Cause::Full => "full",
        }
    }

    /// Whether the same request may succeed later.
    pub(super) fn may_pass(self) -> bool {
        match self {
            Cause::Unreachable | Cause::Broken | Cause::Late => true,
            // Those of trouble that are no verdict on the request.
            Cause::Status(status) => {
                matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
            }
            Cause::Refused(_) | Cause::Nonsense | Cause::Open | Cause::Full => false,
        }
    }

    /// What it says about the other side.
    pub(super) fn outcome(self) -> Outcome {
        match self {
            // It works: it is this service that it does not like.
            Cause::Refused(_) => Outcome::Success,
            Cause::Open | Cause::Full => Outcome::Unknown,
            _ => Outcome::Failure,
        }
    }
}

/// An attempt that failed, or was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// The same for people; nothing of what was sent or answered is in it.
    pub why: String,
    /// How long the other side asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// Of this cause.
    pub fn new(cause: Cause, why: impl Into<String>) -> Failure {
        Failure {
            cause,
            why: why.into(),
            retry_after: None,
        }
    }

    /// What an answer with another status than those of success means.
    pub fn of_status(status: StatusCode, retry_after: Option<Duration>) -> Failure {
        let in_trouble = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
        if in_trouble {
            let why = format!("the answer was {status}");
            return Failure {
                retry_after,
                ..Failure::new(Cause::Status(status), why)
            };
        }
        let why = if status.is_redirection() {
            format!("the answer was {status}, and redirects are not followed")
        } else {
            format!("the answer was {status}")
        };
        Failure::new(Cause::Refused(status), why)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
