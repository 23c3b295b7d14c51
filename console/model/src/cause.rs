//! Why a target cannot be read.

use std::time::Duration;

use crate::units;

/// The true cause of a failure, short enough for one line. Text from strangers in it is
/// [sanitized](crate::sanitize) and cut by whoever makes the cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Nothing listens there.
    #[error("refused")]
    Refused,
    /// No complete answer within the time allowed.
    #[error("timed out after {}", units::duration(*after))]
    TimedOut {
        /// The time allowed.
        after: Duration,
    },
    /// No way there: the name does not resolve, no route, a reset while connecting.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The connection ended before the answer did.
    #[error("connection closed before the answer was complete")]
    Closed,
    /// An answer with a status that is not success, whatever its body says.
    #[error("HTTP {status}{}{body}", if body.is_empty() { "" } else { ": " })]
    Http {
        /// The status code.
        status: u16,
        /// The beginning of the body on one line, at most 200 characters.
        body: String,
    },
    /// No TLS with it: it is not who it should be, or does not speak it.
    #[error("TLS: {0}")]
    Tls(String),
    /// Something answered that does not speak HTTP.
    #[error("not HTTP: {0}")]
    NotHttp(String),
    /// The body is not the JSON object expected.
    #[error("JSON error at byte {offset}: {message}")]
    Json {
        /// Where, in bytes from the start of the body.
        offset: usize,
        /// What is wrong there.
        message: String,
    },
    /// The body is no Prometheus text: not a single line of it could be read.
    #[error("metrics text error at line {line}: {message}")]
    Text {
        /// The first bad line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The body is not a profile, or not a complete one.
    #[error("profile error: {0}")]
    Profile(String),
    /// The body is longer than what we are willing to read.
    #[error("answer larger than {}", units::bytes(*limit as f64))]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Someone else's capture is running.
    #[error("busy: {0}")]
    Busy(String),
    /// None of the paths that were tried exists.
    #[error("not found: {0}")]
    NotFound(String),
    /// The target knows the profile but cannot make it, and says why.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// What there is to know about a cluster cannot be had on this machine: no kubeconfig, or nothing in it to go by.
    #[error("kubeconfig: {0}")]
    Config(String),
    /// A cluster does not believe us: a token that has expired, or none.
    #[error("not authenticated: {0}")]
    Unauthenticated(String),
    /// A cluster knows us, and does not allow it.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// The pod is there and does not run: it cannot be scheduled, has no image, crashes, or has ended.
    #[error("not running: {0}")]
    NotRunning(String),
    /// The pod is about to run. No failure.
    #[error("starting: {0}")]
    Starting(String),
    /// The target went away, and was meant to. No failure.
    #[error("gone: {0}")]
    Gone(String),
}
