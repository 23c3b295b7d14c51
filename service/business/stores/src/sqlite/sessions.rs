//! Passwords, sessions and revoked tokens in their tables.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params};
use session::{KEPT, Next, Presented, Refreshed, Revocation, Secret, Session, TokenHash};
use types::{SessionId, StoreError, UserId};

use super::Sqlite;
use super::rows::{self, damaged};
use crate::audit as noted;

impl session::Store for Sqlite {
    async fn set_password(
        &self,
        user: UserId,
        secret: Secret,
        at: SystemTime,
    ) -> Result<bool, StoreError> {
        self.change(
            move |known: &bool| noted::password(user, *known),
            move |connection| set_password(connection, user, &secret, at).map(Ok::<_, StoreError>),
        )
        .await
    }

    async fn password(&self, user: UserId) -> Result<Option<Secret>, StoreError> {
        let read = move |connection: &Connection| {
            connection
                .prepare_cached("SELECT secret FROM passwords WHERE user_id = ?1")?
                .query_row([user.get()], |row| row.get(0).map(Secret))
                .optional()
        };
        self.readers.read(read).await
    }

    async fn begin_session(&self, user: UserId, first: Next) -> Result<Session, StoreError> {
        self.change(noted::begun, move |connection| {
            begin(connection, user, &first).map(Ok::<_, StoreError>)
        })
        .await
    }

    async fn refresh(&self, used: TokenHash, next: Next) -> Result<Refreshed, StoreError> {
        self.change(noted::refreshed, move |connection| {
            refresh(connection, used, &next).map(Ok::<_, StoreError>)
        })
        .await
    }

    async fn end_session(
        &self,
        token: TokenHash,
        at: SystemTime,
    ) -> Result<Option<Session>, StoreError> {
        self.change(
            |ended: &Option<Session>| noted::ended(*ended),
            move |connection| end(connection, token, at).map(Ok::<_, StoreError>),
        )
        .await
    }

    async fn revoke(
        &self,
        what: Revocation,
        at: SystemTime,
        until: SystemTime,
    ) -> Result<(), StoreError> {
        let noted = noted::revoked(&what);
        self.change(
            move |()| noted,
            move |connection| revoke(connection, &what, at, until).map(Ok::<_, StoreError>),
        )
        .await
    }

    async fn is_revoked(&self, token: Presented) -> Result<bool, StoreError> {
        self.readers
            .read(move |connection| is_revoked(connection, &token))
            .await
    }
}

fn set_password(
    connection: &Connection,
    user: UserId,
    secret: &Secret,
    at: SystemTime,
) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO passwords (user_id, secret, changed_at) \
        SELECT id, ?2, ?3 FROM users WHERE id = ?1 \
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, changed_at = excluded.changed_at";
    let changed = connection.prepare_cached(sql)?.execute(params![
        user.get(),
        secret.0,
        rows::to_millis(at)
    ])?;
    end_all(connection, user, at)?;
    Ok(changed == 1)
}

fn end_all(connection: &Connection, user: UserId, at: SystemTime) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE sessions SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL",
        )?
        .execute(params![user.get(), rows::to_millis(at)])
        .map(drop)
}

fn begin(connection: &Connection, user: UserId, first: &Next) -> rusqlite::Result<Session> {
    let over = rows::to_millis(first.at) - KEPT.as_millis() as i64;
    connection
        .prepare_cached("DELETE FROM sessions WHERE expires_at < ?1")?
        .execute([over])?;
    connection
        .prepare_cached("INSERT INTO sessions (user_id, begun_at, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(params![
            user.get(),
            rows::to_millis(first.at),
            rows::to_millis(first.at + first.lives.session)
        ])?;
    let id = connection.last_insert_rowid();
    let end = rows::to_millis(first.at + first.lives.session);
    keep(connection, id, user, first, end)
}

/// Keeps the next refresh token of a session that lasts until `end` at most.
fn keep(
    connection: &Connection,
    id: i64,
    user: UserId,
    next: &Next,
    end: i64,
) -> rusqlite::Result<Session> {
    let expires = rows::to_millis(next.at + next.lives.idle).min(end);
    connection
        .prepare_cached(
            "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![next.token.0, id, expires])?;
    session(id, user.get(), expires)
}

fn session(id: i64, user: i64, expires: i64) -> rusqlite::Result<Session> {
    Ok(Session {
        id: SessionId::new(id).map_err(|error| damaged(0, error))?,
        user: UserId::new(user).map_err(|error| damaged(1, error))?,
        expires_at: rows::from_millis(expires),
    })
}

/// A refresh token with its session.
struct Found {
    session: Session,
    used: bool,
    ended: bool,
    session_end: i64,
}

fn find(connection: &Connection, token: TokenHash) -> rusqlite::Result<Option<Found>> {
    let sql = "SELECT session_id, user_id, refresh_tokens.expires_at, used_at IS NOT NULL, \
        ended_at IS NOT NULL, sessions.expires_at \
        FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([token.0], |row| {
            Ok(Found {
                session: session(row.get(0)?, row.get(1)?, row.get(2)?)?,
                used: row.get(3)?,
                ended: row.get(4)?,
                session_end: row.get(5)?,
            })
        })
        .optional()
}

fn refresh(connection: &Connection, used: TokenHash, next: &Next) -> rusqlite::Result<Refreshed> {
    let Some(found) = find(connection, used)? else {
        return Ok(Refreshed::Refused);
    };
    let session = found.session;
    if found.used {
        end_one(connection, session.id, next.at)?;
        return Ok(Refreshed::Reused(session));
    }
    if found.ended || session.expires_at <= next.at {
        return Ok(Refreshed::Refused);
    }
    connection
        .prepare_cached("UPDATE refresh_tokens SET used_at = ?2 WHERE hash = ?1")?
        .execute(params![used.0, rows::to_millis(next.at)])?;
    let (id, user) = (session.id.get(), session.user);
    keep(connection, id, user, next, found.session_end).map(Refreshed::Renewed)
}

fn end_one(connection: &Connection, id: SessionId, at: SystemTime) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")?
        .execute(params![id.get(), rows::to_millis(at)])
        .map(drop)
}

fn end(
    connection: &Connection,
    token: TokenHash,
    at: SystemTime,
) -> rusqlite::Result<Option<Session>> {
    match find(connection, token)? {
        Some(found) if !found.ended => {
            end_one(connection, found.session.id, at)?;
            Ok(Some(found.session))
        }
        _ => Ok(None),
    }
}

fn revoke(
    connection: &Connection,
    what: &Revocation,
    at: SystemTime,
    until: SystemTime,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM revocations WHERE until < ?1")?
        .execute([rows::to_millis(at)])?;
    if let Revocation::User(user, _) = what {
        end_all(connection, *user, at)?;
    }
    let sql = "INSERT INTO revocations (kind, name, before, until) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT (kind, name) DO UPDATE SET before = excluded.before, until = excluded.until";
    let mut statement = connection.prepare_cached(sql)?;
    for (kind, name) in noted::names_of(what) {
        statement.execute(params![
            kind,
            name,
            rows::to_millis(at),
            rows::to_millis(until)
        ])?;
    }
    Ok(())
}

fn is_revoked(connection: &Connection, token: &Presented) -> rusqlite::Result<bool> {
    // Who has a session is as good as that is, and no better.
    let sql = "SELECT EXISTS (SELECT 1 FROM revocations WHERE kind = 'token' AND name = ?1) \
        OR CASE WHEN ?2 IS NULL \
            THEN EXISTS (SELECT 1 FROM revocations WHERE kind = 'subject' AND name = ?3 AND before >= ?4) \
            ELSE NOT EXISTS (SELECT 1 FROM sessions WHERE id = ?2 AND ended_at IS NULL) END";
    connection.prepare_cached(sql)?.query_row(
        params![
            token.id,
            token.session.map(SessionId::get),
            token.subject,
            rows::to_millis(token.issued_at)
        ],
        |row| row.get(0),
    )
}
