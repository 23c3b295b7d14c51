//! What the server's errors mean.

use sqlx::Error;
use sqlx::error::DatabaseError;
use thiserror::Error as ThisError;
use types::StoreError;

/// Why a transaction did not come to its end.
#[derive(Debug, ThisError)]
pub(super) enum Fault {
    /// The server, or the way to it.
    #[error(transparent)]
    Database(#[from] Error),
    /// Somebody else was faster; things look different now.
    #[error("others kept changing the same rows")]
    Overtaken,
}

/// The connection broke while a commit was under way.
#[derive(Debug, ThisError)]
#[error(
    "the connection broke during the commit, so it is not known whether it was written ({0}); send it again with the same idempotency key, or look it up"
)]
pub(super) struct CommitUnknown(Error);

impl Fault {
    /// Whether the same again may well succeed.
    pub(super) fn passes(&self) -> bool {
        match self {
            // serialization_failure, deadlock_detected
            Fault::Database(error) => has_code(error, &["40001", "40P01"]),
            Fault::Overtaken => true,
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> StoreError {
        match fault {
            Fault::Overtaken => StoreError::Busy,
            Fault::Database(error) => store_error(error),
        }
    }
}

/// What a failed commit means.
pub(super) fn commit_fault(error: Error) -> Result<Fault, StoreError> {
    match error {
        // The server has answered: it is not committed.
        Error::Database(_) => Ok(Fault::Database(error)),
        _ => Err(StoreError::failed(CommitUnknown(error))),
    }
}

/// What passes by itself is [`StoreError::Busy`].
pub(super) fn store_error(error: Error) -> StoreError {
    match error {
        Error::PoolClosed => StoreError::Closed,
        Error::PoolTimedOut => StoreError::Busy,
        error if has_code(&error, &BUSY) => StoreError::Busy,
        error => StoreError::failed(error),
    }
}

/// serialization_failure, deadlock_detected, lock_not_available, query_canceled (which is how a
/// statement's time limit ends it), too_many_connections, cannot_connect_now.
const BUSY: [&str; 6] = ["40001", "40P01", "55P03", "57014", "53300", "57P03"];

fn has_code(error: &Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| codes.contains(&code.as_ref()))
}
