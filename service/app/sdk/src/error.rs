//! The ways a request can fail.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use http::StatusCode;
use hyper_util::client::legacy::Error as ClientError;
use serde::Deserialize;

/// Why a request did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Nobody listens there.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The connection ended before the answer did.
    Closed,
    /// The service says why not.
    Problem(Box<Problem>),
    /// An answer that is not what the API promises.
    Answer(String),
    /// The request cannot be sent: something in it makes no sense.
    Request(String),
    /// Anything else.
    Other(String),
}

/// What the service says of an error (RFC 9457).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The answer's status.
    pub status: u16,
    /// For programs: never changes its meaning. Empty if the answer was not the service's own.
    pub code: String,
    /// For people.
    pub detail: String,
    /// What is wrong where.
    pub errors: Vec<FieldProblem>,
    /// The request's id, under which the service's log has it.
    pub request_id: String,
    /// When it makes sense to try again.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

/// One part of a request that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct FieldProblem {
    /// Which part.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Error {
    /// The code, if the service sent one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Problem(problem) if !problem.code.is_empty() => Some(&problem.code),
            _ => None,
        }
    }

    /// Whether the service answered at all.
    pub fn answered(&self) -> bool {
        matches!(self, Error::Problem(_) | Error::Answer(_))
    }

    pub(crate) fn problem(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Error {
        let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
        Error::Problem(Box::new(Problem {
            status: status.as_u16(),
            retry_after,
            ..problem
        }))
    }

    pub(crate) fn of(error: &ClientError) -> Error {
        Error::caused_by(error).unwrap_or_else(|| Error::Other(error.to_string()))
    }

    pub(crate) fn body(error: &(dyn StdError + Send + Sync + 'static)) -> Error {
        if error.is::<http_body_util::LengthLimitError>() {
            return Error::Answer("it is too long".to_owned());
        }
        Error::caused_by(error).unwrap_or(Error::Closed)
    }

    fn caused_by(error: &(dyn StdError + 'static)) -> Option<Error> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Some(Error::io(error));
            }
            if error
                .downcast_ref::<hyper::Error>()
                .is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
            {
                return Some(Error::Closed);
            }
            cause = error.source();
        }
        None
    }

    fn io(error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Error::Refused,
            io::ErrorKind::TimedOut => Error::TimedOut,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Error::Closed,
            kind => Error::Other(kind.to_string()),
        }
    }
}

/// One short line, safe for a terminal: status and code of a problem, not its prose.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused => f.write_str("connection refused"),
            Error::TimedOut => f.write_str("timed out"),
            Error::Closed => f.write_str("connection closed"),
            Error::Problem(problem) => {
                write!(f, "HTTP {}", problem.status)?;
                let plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
                let code: String = problem.code.chars().filter(plain).take(40).collect();
                if code.is_empty() {
                    Ok(())
                } else {
                    write!(f, " {code}")
                }
            }
            Error::Answer(what) => write!(f, "unexpected answer: {what}"),
            Error::Request(what) => write!(f, "cannot be sent: {what}"),
            Error::Other(what) => f.write_str(what),
        }
    }
}

impl StdError for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_status_and_code_and_nothing_that_harms_a_terminal() {
        for (body, expected) in [
            (
                &br#"{"code":"store_busy","detail":"x","more":1}"#[..],
                "HTTP 503 store_busy",
            ),
            (br#"{"code":"\u001b[2Jgone"}"#, "HTTP 503 2Jgone"),
            (b"<html>", "HTTP 503"),
            (b"", "HTTP 503"),
        ] {
            let error = Error::problem(StatusCode::SERVICE_UNAVAILABLE, None, body);
            assert_eq!(error.to_string(), expected);
        }
    }
}
