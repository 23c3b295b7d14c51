//! Opens the file, or says what is wrong with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

use super::migrate::{self, MigrateError};
use crate::migration::Migrated;
use crate::options::{Options, Sabotage};

/// Why a store could not be opened. Each message names the path and the whole cause, so there is no
/// `source` that would repeat it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The directory for the file cannot be made.
    #[error("cannot create the directory {} for the store: {cause}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
    /// The file cannot be opened, read or written as a database.
    #[error("cannot open the store {}: {}", .path.display(), in_words(.cause))]
    Database {
        /// The database's file.
        path: PathBuf,
        /// The cause.
        cause: rusqlite::Error,
    },
    /// The file is a database, but its tables are not ours.
    #[error("cannot use the store {}: {cause}", .path.display())]
    Tables {
        /// The database's file.
        path: PathBuf,
        /// The cause.
        cause: MigrateError,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the writer of the store {}: {cause}", .path.display())]
    Thread {
        /// The database's file.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
}

/// What is wrong, in words that say what to do about it.
fn in_words(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "the file is not an SQLite database".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => {
            "the database is damaged; restore the file from a copy or remove it".to_owned()
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program holds its lock".to_owned()
        }
        Some(ErrorCode::ReadOnly) => {
            "it cannot be written (check the permissions of the file and its directory)".to_owned()
        }
        Some(ErrorCode::CannotOpen) => {
            "the file cannot be opened (is it a directory, or not permitted?)".to_owned()
        }
        Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}

/// The connection that writes, on a database brought up to date.
pub(super) fn writer(path: &Path, options: &Options) -> Result<(Connection, Migrated), OpenError> {
    create_directory(path)?;
    let database = |cause| OpenError::Database {
        path: path.to_owned(),
        cause,
    };
    let tables = |error| match error {
        MigrateError::Sqlite(cause) => database(cause),
        cause => OpenError::Tables {
            path: path.to_owned(),
            cause,
        },
    };
    let mut connection = Connection::open(path).map_err(database)?;
    connection
        .busy_timeout(options.lock_timeout)
        .map_err(database)?;
    // Before anything is changed: it might be somebody else's.
    migrate::check(&connection).map_err(tables)?;
    durable(&connection, options.sabotage).map_err(database)?;
    let migrated = migrate::up(&mut connection, &options.seed).map_err(tables)?;
    Ok((connection, migrated))
}

fn create_directory(file: &Path) -> Result<(), OpenError> {
    match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => fs::create_dir_all(directory)
            .map_err(|cause| OpenError::Directory {
                path: directory.to_owned(),
                cause,
            }),
        _ => Ok(()),
    }
}

/// A commit is acknowledged only when it would survive a power cut; with a write-ahead log that
/// takes one sync.
fn durable(connection: &Connection, sabotage: Sabotage) -> rusqlite::Result<()> {
    let synchronous = match sabotage {
        Sabotage::NeverSync => "off",
        _ => "full",
    };
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    nothing_beside(connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)
}

/// Statements that a connection keeps compiled: the writer has more than thirty. In rusqlite's sixteen places those of orders,
/// reversals, events and the audit log would push one another out.
const STATEMENTS: usize = 64;

/// What a statement needs for itself (how to undo its part of a transaction, a sort) is kept in memory: where only the
/// database's folder can be written to, as in a container with a read-only root, there is no place for temporary files.
fn nothing_beside(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "temp_store", "memory")
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // Readers of a WAL database only ever wait while it is being recovered.
    connection.busy_timeout(Duration::from_secs(2))?;
    nothing_beside(&connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
