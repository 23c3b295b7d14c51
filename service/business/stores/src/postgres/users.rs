//! Users in their table.

use std::time::SystemTime;

use sqlx::{Error, PgConnection, query, query_as, query_scalar};
use types::{UserId, UserName, Version};
use user::{Change, ChangeError, CreateError, NewUser, User};

use super::fault::Fault;
use super::rows::{self, UserRow};

/// The user with this id.
pub(super) async fn get(connection: &mut PgConnection, id: UserId) -> Result<Option<User>, Error> {
    let found = query_as!(
        UserRow,
        "SELECT id, name, roles, enabled, created_at, version FROM users WHERE id = $1",
        id.get()
    )
    .fetch_optional(connection)
    .await?;
    found.map(UserRow::user).transpose()
}

/// The user with this name.
pub(super) async fn named(
    connection: &mut PgConnection,
    name: &UserName,
) -> Result<Option<User>, Error> {
    let found = query_as!(
        UserRow,
        "SELECT id, name, roles, enabled, created_at, version FROM users WHERE name = $1",
        name.as_str()
    )
    .fetch_optional(connection)
    .await?;
    found.map(UserRow::user).transpose()
}

/// At most `count` users after `after`.
pub(super) async fn list(
    connection: &mut PgConnection,
    after: Option<UserId>,
    count: usize,
) -> Result<Vec<User>, Error> {
    let found = query_as!(
        UserRow,
        "SELECT id, name, roles, enabled, created_at, version FROM users \
        WHERE id > $1 ORDER BY id LIMIT $2",
        after.map_or(0, UserId::get),
        count as i64
    )
    .fetch_all(connection)
    .await?;
    found.into_iter().map(UserRow::user).collect()
}

/// Keeps a new user.
pub(super) async fn create(
    connection: &mut PgConnection,
    new: &NewUser,
    at: SystemTime,
) -> Result<Result<User, CreateError>, Fault> {
    let millis = rows::to_millis(at);
    let id = query_scalar!(
        "INSERT INTO users (name, roles, enabled, created_at, version) \
        VALUES ($1, $2, true, $3, 1) ON CONFLICT (name) DO NOTHING RETURNING id",
        new.name.as_str(),
        new.roles.to_string(),
        millis
    )
    .fetch_optional(connection)
    .await?;
    let Some(id) = id else {
        return Ok(Err(CreateError::NameTaken));
    };
    Ok(Ok(User {
        id: rows::user_id(id)?,
        name: new.name.clone(),
        roles: new.roles,
        enabled: true,
        created_at: rows::from_millis(millis),
        version: Version::FIRST,
    }))
}

/// Changes a user.
pub(super) async fn change(
    connection: &mut PgConnection,
    id: UserId,
    expected: Option<Version>,
    change: Change,
) -> Result<Result<User, ChangeError>, Fault> {
    let found = query_as!(
        UserRow,
        "SELECT id, name, roles, enabled, created_at, version FROM users \
        WHERE id = $1 FOR NO KEY UPDATE",
        id.get()
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(found) = found else {
        return Ok(Err(ChangeError::Missing));
    };
    let changed = match change.apply(found.user()?, expected) {
        Ok(changed) => changed,
        Err(stale) => return Ok(Err(stale.into())),
    };
    query!(
        "UPDATE users SET roles = $2, enabled = $3, version = $4 WHERE id = $1",
        id.get(),
        changed.roles.to_string(),
        changed.enabled,
        changed.version.get()
    )
    .execute(connection)
    .await?;
    Ok(Ok(changed))
}
