//! Passwords, sessions and revoked tokens in their tables.

use std::sync::Arc;
use std::time::SystemTime;

use session::{KEPT, Next, Presented, Refreshed, Revocation, Secret, Session, TokenHash};
use sqlx::{Error, PgConnection, query, query_scalar};
use types::{SessionId, StoreError, UserId};

use super::Postgres;
use super::fault::{Fault, store_error};
use super::rows::{self, damaged};
use crate::audit as noted;

/// What nobody refuses.
type Done<T> = Result<Result<T, StoreError>, Fault>;

impl session::Store for Postgres {
    async fn set_password(
        &self,
        user: UserId,
        secret: Secret,
        at: SystemTime,
    ) -> Result<bool, StoreError> {
        let noted = |known: &bool| noted::password(user, *known);
        self.change(noted, move |connection| {
            let secret = secret.clone();
            Box::pin(async move { set_password(connection, user, &secret, at).await })
        })
        .await
    }

    async fn password(&self, user: UserId) -> Result<Option<Secret>, StoreError> {
        let mut connection = self.connection().await?;
        let found = query_scalar!(
            "SELECT secret FROM passwords WHERE user_id = $1",
            user.get()
        )
        .fetch_optional(&mut *connection)
        .await;
        Ok(found.map_err(store_error)?.map(Secret))
    }

    async fn begin_session(&self, user: UserId, first: Next) -> Result<Session, StoreError> {
        self.change(noted::begun, move |connection| {
            Box::pin(async move { begin(connection, user, &first).await })
        })
        .await
    }

    async fn refresh(&self, used: TokenHash, next: Next) -> Result<Refreshed, StoreError> {
        self.change(noted::refreshed, move |connection| {
            Box::pin(async move { refresh(connection, used, &next).await })
        })
        .await
    }

    async fn end_session(
        &self,
        token: TokenHash,
        at: SystemTime,
    ) -> Result<Option<Session>, StoreError> {
        let noted = |ended: &Option<Session>| noted::ended(*ended);
        self.change(noted, move |connection| {
            Box::pin(async move { end(connection, token, at).await })
        })
        .await
    }

    async fn revoke(
        &self,
        what: Revocation,
        at: SystemTime,
        until: SystemTime,
    ) -> Result<(), StoreError> {
        let what = Arc::new(what);
        let noted = |(): &()| noted::revoked(&what);
        self.change(noted, |connection| {
            let what = Arc::clone(&what);
            Box::pin(async move { revoke(connection, &what, at, until).await })
        })
        .await
    }

    async fn is_revoked(&self, token: Presented) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let revoked = is_revoked(&mut connection, &token).await;
        revoked.map_err(store_error)
    }
}

async fn set_password(
    connection: &mut PgConnection,
    user: UserId,
    secret: &Secret,
    at: SystemTime,
) -> Done<bool> {
    let at = rows::to_millis(at);
    let kept = query!(
        "INSERT INTO passwords (user_id, secret, changed_at) \
        SELECT id, $2, $3 FROM users WHERE id = $1 \
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, changed_at = excluded.changed_at",
        user.get(),
        secret.0,
        at
    )
    .execute(&mut *connection)
    .await?;
    end_all(connection, user, at).await?;
    Ok(Ok(kept.rows_affected() == 1))
}

async fn end_all(connection: &mut PgConnection, user: UserId, at: i64) -> Result<(), Error> {
    query!(
        "UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL",
        user.get(),
        at
    )
    .execute(connection)
    .await
    .map(drop)
}

async fn begin(connection: &mut PgConnection, user: UserId, first: &Next) -> Done<Session> {
    let over = rows::to_millis(first.at) - KEPT.as_millis() as i64;
    query!("DELETE FROM sessions WHERE expires_at < $1", over)
        .execute(&mut *connection)
        .await?;
    let end = rows::to_millis(first.at + first.lives.session);
    let id = query_scalar!(
        "INSERT INTO sessions (user_id, begun_at, expires_at) VALUES ($1, $2, $3) RETURNING id",
        user.get(),
        rows::to_millis(first.at),
        end
    )
    .fetch_one(&mut *connection)
    .await?;
    Ok(Ok(keep(connection, id, user, first, end).await?))
}

/// Keeps the next refresh token of a session that lasts until `end` at most.
async fn keep(
    connection: &mut PgConnection,
    id: i64,
    user: UserId,
    next: &Next,
    end: i64,
) -> Result<Session, Error> {
    let expires = rows::to_millis(next.at + next.lives.idle).min(end);
    query!(
        "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($1, $2, $3)",
        &next.token.0[..],
        id,
        expires
    )
    .execute(connection)
    .await?;
    session(id, user.get(), expires)
}

fn session(id: i64, user: i64, expires: i64) -> Result<Session, Error> {
    Ok(Session {
        id: SessionId::new(id).map_err(damaged)?,
        user: UserId::new(user).map_err(damaged)?,
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

/// Holds the session until the transaction ends, so that of two who come with the same token one is first.
async fn find(connection: &mut PgConnection, token: TokenHash) -> Result<Option<Found>, Error> {
    let held = query_scalar!(
        "SELECT id FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1) \
        FOR NO KEY UPDATE",
        &token.0[..]
    )
    .fetch_optional(&mut *connection)
    .await?;
    if held.is_none() {
        return Ok(None);
    }
    // A statement of its own: it sees what was committed before the lock was given.
    let row = query!(
        "SELECT session_id, user_id, refresh_tokens.expires_at, used_at, ended_at, \
        sessions.expires_at AS session_end \
        FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $1",
        &token.0[..]
    )
    .fetch_one(connection)
    .await?;
    Ok(Some(Found {
        session: session(row.session_id, row.user_id, row.expires_at)?,
        used: row.used_at.is_some(),
        ended: row.ended_at.is_some(),
        session_end: row.session_end,
    }))
}

async fn refresh(connection: &mut PgConnection, used: TokenHash, next: &Next) -> Done<Refreshed> {
    let Some(found) = find(connection, used).await? else {
        return Ok(Ok(Refreshed::Refused));
    };
    let session = found.session;
    if found.used {
        end_one(connection, session.id, next.at).await?;
        return Ok(Ok(Refreshed::Reused(session)));
    }
    if found.ended || session.expires_at <= next.at {
        return Ok(Ok(Refreshed::Refused));
    }
    query!(
        "UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1",
        &used.0[..],
        rows::to_millis(next.at)
    )
    .execute(&mut *connection)
    .await?;
    let id = session.id.get();
    let renewed = keep(connection, id, session.user, next, found.session_end).await?;
    Ok(Ok(Refreshed::Renewed(renewed)))
}

async fn end_one(
    connection: &mut PgConnection,
    id: SessionId,
    at: SystemTime,
) -> Result<(), Error> {
    query!(
        "UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
        id.get(),
        rows::to_millis(at)
    )
    .execute(connection)
    .await
    .map(drop)
}

async fn end(
    connection: &mut PgConnection,
    token: TokenHash,
    at: SystemTime,
) -> Done<Option<Session>> {
    match find(connection, token).await? {
        Some(found) if !found.ended => {
            end_one(connection, found.session.id, at).await?;
            Ok(Ok(Some(found.session)))
        }
        _ => Ok(Ok(None)),
    }
}

async fn revoke(
    connection: &mut PgConnection,
    what: &Revocation,
    at: SystemTime,
    until: SystemTime,
) -> Done<()> {
    let (at, until) = (rows::to_millis(at), rows::to_millis(until));
    query!("DELETE FROM revocations WHERE until < $1", at)
        .execute(&mut *connection)
        .await?;
    if let Revocation::User(user, _) = what {
        end_all(connection, *user, at).await?;
    }
    for (kind, name) in noted::names_of(what) {
        query!(
            "INSERT INTO revocations (kind, name, before, until) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (kind, name) DO UPDATE SET before = excluded.before, until = excluded.until",
            kind,
            name,
            at,
            until
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(Ok(()))
}

async fn is_revoked(connection: &mut PgConnection, token: &Presented) -> Result<bool, Error> {
    // Who has a session is as good as that is, and no better.
    query_scalar!(
        "SELECT EXISTS (SELECT 1 FROM revocations WHERE kind = 'token' AND name = $1) \
        OR CASE WHEN $2::bigint IS NULL \
            THEN EXISTS (SELECT 1 FROM revocations WHERE kind = 'subject' AND name = $3 AND before >= $4) \
            ELSE NOT EXISTS (SELECT 1 FROM sessions WHERE id = $2 AND ended_at IS NULL) \
        END AS \"revoked!\"",
        token.id.as_deref(),
        token.session.map(SessionId::get),
        token.subject,
        rows::to_millis(token.issued_at)
    )
    .fetch_one(connection)
    .await
}
