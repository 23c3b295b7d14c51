//! Users in their table.

use std::time::SystemTime;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use types::{UserId, UserName, Version};
use user::{Change, ChangeError, CreateError, NewUser, User};

use super::rows::{self, damaged};

const COLUMNS: &str = "id, name, roles, enabled, created_at, version";

/// The user with this id.
pub(super) fn get(connection: &Connection, id: UserId) -> rusqlite::Result<Option<User>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM users WHERE id = ?1"))?
        .query_row([id.get()], user)
        .optional()
}

/// The user with this name.
pub(super) fn named(connection: &Connection, name: &UserName) -> rusqlite::Result<Option<User>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM users WHERE name = ?1"))?
        .query_row([name.as_str()], user)
        .optional()
}

/// At most `count` users after `after`.
pub(super) fn list(
    connection: &Connection,
    after: Option<UserId>,
    count: usize,
) -> rusqlite::Result<Vec<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id > ?1 ORDER BY id LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let after = after.map_or(0, UserId::get);
    statement
        .query_map(params![after, count as i64], user)?
        .collect()
}

/// Keeps a new user.
pub(super) fn create(
    connection: &Connection,
    new: NewUser,
    at: SystemTime,
) -> rusqlite::Result<Result<User, CreateError>> {
    let millis = rows::to_millis(at);
    let sql =
        "INSERT INTO users (name, roles, enabled, created_at, version) VALUES (?1, ?2, 1, ?3, 1)";
    let inserted = connection.prepare_cached(sql)?.execute(params![
        new.name.as_str(),
        new.roles.to_string(),
        millis
    ]);
    match inserted {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            return Ok(Err(CreateError::NameTaken));
        }
        other => other?,
    };
    let id = connection.last_insert_rowid();
    Ok(Ok(User {
        id: UserId::new(id).map_err(|error| damaged(0, error))?,
        name: new.name,
        roles: new.roles,
        enabled: true,
        created_at: rows::from_millis(millis),
        version: Version::FIRST,
    }))
}

/// Changes a user.
pub(super) fn change(
    connection: &Connection,
    id: UserId,
    expected: Option<Version>,
    change: Change,
) -> rusqlite::Result<Result<User, ChangeError>> {
    let Some(found) = get(connection, id)? else {
        return Ok(Err(ChangeError::Missing));
    };
    let changed = match change.apply(found, expected) {
        Ok(changed) => changed,
        Err(stale) => return Ok(Err(stale.into())),
    };
    connection
        .prepare_cached("UPDATE users SET roles = ?2, enabled = ?3, version = ?4 WHERE id = ?1")?
        .execute(params![
            id.get(),
            changed.roles.to_string(),
            changed.enabled,
            changed.version.get()
        ])?;
    Ok(Ok(changed))
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId::new(row.get(0)?).map_err(|error| damaged(0, error))?,
        name: UserName::new(row.get_ref(1)?.as_str()?).map_err(|error| damaged(1, error))?,
        roles: row
            .get_ref(2)?
            .as_str()?
            .parse()
            .map_err(|error| damaged(2, error))?,
        enabled: row.get(3)?,
        created_at: rows::from_millis(row.get(4)?),
        version: rows::version(row, 5)?,
    })
}
