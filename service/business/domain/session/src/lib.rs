//! The session domain: passwords, logins and what ends them.
//!
//! A session begins when somebody logs in and lives on by refresh tokens, each of which is good for one
//! use and is followed by the next (RFC 9700, section 4.14). If one is used again, either its owner or a
//! thief holds a stolen one, and nobody can tell who: the session ends for both. Access tokens issued in
//! a session end with it.
//!
//! Stores keep hashes alone. What cannot be said of a session, because a token was issued outside of one,
//! is kept as a [`Revocation`].

use std::fmt;
use std::time::{Duration, SystemTime};

use types::{SessionId, StoreError, UserId};

/// What of a refresh token is kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(***)")
    }
}

/// What of a password is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lives {
    /// A refresh token that is not used.
    pub idle: Duration,
    /// A session, however often it is refreshed.
    pub session: Duration,
}

/// A refresh token to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// Its hash.
    pub token: TokenHash,
    /// When it is issued.
    pub at: SystemTime,
    /// For how long.
    pub lives: Lives,
}

/// A session that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which one.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// When its refresh token ends, if it is not used before.
    pub expires_at: SystemTime,
}

/// What came of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The next one is in its place.
    Renewed(Session),
    /// It was used before: its session has ended.
    Reused(Session),
    /// Nobody knows it, it or its session has expired, or the session was ended.
    Refused,
}

/// What tells an access token apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Its own id.
    pub id: Option<String>,
    /// The session that it was issued in.
    pub session: Option<SessionId>,
    /// Whom it was made out to.
    pub subject: String,
    /// When.
    pub issued_at: SystemTime,
}

/// Tokens that shall not be believed any more, though they have not expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The one with this id.
    Token(String),
    /// All that were made out to this subject until now outside of sessions.
    Subject(String),
    /// All of this user: their sessions and, under each of these subjects, what was issued outside of them.
    User(UserId, Vec<String>),
}

/// What this domain asks of a store. Whatever is changed is on disk before the answer.
pub trait Store: Send + Sync {
    /// Keeps the user's password in place of another, and ends their sessions. False if there is no such user.
    fn set_password(
        &self,
        user: UserId,
        secret: Secret,
        at: SystemTime,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// What is kept of the user's password, if they have one.
    fn password(
        &self,
        user: UserId,
    ) -> impl Future<Output = Result<Option<Secret>, StoreError>> + Send;

    /// Begins a session. Takes the occasion to forget sessions that were over a day ago.
    fn begin_session(
        &self,
        user: UserId,
        first: Next,
    ) -> impl Future<Output = Result<Session, StoreError>> + Send;

    /// Puts the next refresh token in the place of one that is used.
    fn refresh(
        &self,
        used: TokenHash,
        next: Next,
    ) -> impl Future<Output = Result<Refreshed, StoreError>> + Send;

    /// Ends the session of a refresh token, used or not. `None` if there is none, or it has ended before.
    fn end_session(
        &self,
        token: TokenHash,
        at: SystemTime,
    ) -> impl Future<Output = Result<Option<Session>, StoreError>> + Send;

    /// Revokes tokens. It may be forgotten once the last of them must have expired, at `until`.
    fn revoke(
        &self,
        what: Revocation,
        at: SystemTime,
        until: SystemTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether an access token is revoked, or its session has ended.
    fn is_revoked(&self, token: Presented)
    -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// How long what is over is still kept, for stragglers: as long as an access token may live.
pub const KEPT: Duration = Duration::from_hours(24);
