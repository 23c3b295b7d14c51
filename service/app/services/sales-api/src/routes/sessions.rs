//! Logging in, coming back, and being sent away.

use std::sync::Arc;
use std::time::SystemTime;

use audit::{Event, Outcome, Store as _};
use auth::{Claims, RefreshToken};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use session::{Refreshed, Revocation, Session, Store as _, TokenHash};
use user::User;
use web::{ApiError, Json};

use crate::access::not_known;
use crate::acting::By;
use crate::app::App;
use crate::contract::Body;
use crate::errors::store_failed;
use crate::wire::sessions::{Credentials, NewRevocation, Refresh, Revoked, Tokens};

/// Begins a session
///
/// Ten tries with one name at once, then one a second. The access token is short-lived; the refresh token gives the next one.
#[utoipa::path(post, path = "/v1/login", tag = "sessions", operation_id = "log_in",
    request_body = Credentials,
    responses((status = 200, description = "Logged in", body = Tokens)),
    extensions(("x-policy" = json!("public")), ("x-errors" = json!(["invalid_credentials", "no_logins"]))))]
pub async fn login(
    State(app): State<Arc<App>>,
    by: By,
    Body(body): Body<Credentials>,
) -> Result<Response, ApiError> {
    let (name, password) = Credentials::check(body)?;
    app.logins.check()?;
    app.logins.try_once(name.as_str())?;
    let user = app.users.named(name.clone()).await;
    let user = user.map_err(|error| store_failed(&error))?;
    let kept = match &user {
        Some(user) => app.store.password(user.id).await,
        None => Ok(None),
    };
    let kept = kept.map_err(|error| store_failed(&error))?;
    // Whoever is not known waits as long as whoever is.
    let is_theirs = app.logins.matches(kept.clone(), password).await?;
    let wrong = || {
        app.logins.count("login_refused");
        not_known("invalid_credentials", "the name or the password is wrong")
    };
    let Some(user) = user.filter(|user| is_theirs && user.enabled) else {
        refused(&app, &by, "session.begin", format!("names/{name}")).await?;
        return Err(wrong());
    };
    let (first, next) = app.logins.refresh_token((app.clock)())?;
    let store = by.subject(user.id.to_string()).store(&app);
    let session = store.begin_session(user.id, next).await;
    let session = session.map_err(|error| store_failed(&error))?;
    // A new password ends the sessions that there are; if it came while the old one was checked, this one was not yet.
    let still = app.store.password(user.id).await;
    if still.map_err(|error| store_failed(&error))? != kept {
        let ended = store.end_session(next.token, next.at).await;
        ended.map_err(|error| store_failed(&error))?;
        return Err(wrong());
    }
    app.logins.count("logged_in");
    tokens(&app, &user, &session, &first, next.at)
}

/// Goes on with a session
///
/// The refresh token is used up; the answer has the next one. If it is used again, the session ends: somebody else may have it.
#[utoipa::path(post, path = "/v1/refresh", tag = "sessions", operation_id = "refresh_session",
    request_body = Refresh,
    responses((status = 200, description = "The session goes on", body = Tokens)),
    extensions(("x-policy" = json!("public")), ("x-errors" = json!(["invalid_refresh_token", "no_logins"]))))]
pub async fn refresh(
    State(app): State<Arc<App>>,
    by: By,
    Body(body): Body<Refresh>,
) -> Result<Response, ApiError> {
    let refused = || {
        let message = "the refresh token is not good, or not any more; log in again";
        not_known("invalid_refresh_token", message)
    };
    let used = Refresh::check(body)?;
    app.logins.check()?;
    let used = used.ok_or_else(refused)?;
    let (next, kept) = app.logins.refresh_token((app.clock)())?;
    let refreshed = by.store(&app).refresh(TokenHash(used.hash()), kept).await;
    let session = match refreshed.map_err(|error| store_failed(&error))? {
        Refreshed::Renewed(session) => session,
        Refreshed::Reused(session) => {
            app.logins.count("reused");
            tracing::warn!(session = %session.id, user = %session.user, "a refresh token was used again: its session has ended");
            return Err(refused());
        }
        Refreshed::Refused => {
            app.logins.count("refresh_refused");
            return Err(refused());
        }
    };
    let user = app.users.get(session.user).await;
    let user = user.map_err(|error| store_failed(&error))?;
    let user = user.filter(|user| user.enabled).ok_or_else(refused)?;
    app.logins.count("refreshed");
    tokens(&app, &user, &session, &next, kept.at)
}

/// Ends a session
///
/// Its access tokens end with it. Logging out twice, or with something that is no token, is fine.
#[utoipa::path(post, path = "/v1/logout", tag = "sessions", operation_id = "log_out",
    request_body = Refresh,
    responses((status = 204, description = "It has ended")),
    extensions(("x-policy" = json!("public"))))]
pub async fn logout(
    State(app): State<Arc<App>>,
    by: By,
    Body(body): Body<Refresh>,
) -> Result<StatusCode, ApiError> {
    if let Some(token) = Refresh::check(body)? {
        let hash = TokenHash(token.hash());
        let ended = by.store(&app).end_session(hash, (app.clock)()).await;
        if ended.map_err(|error| store_failed(&error))?.is_some() {
            app.logins.count("logged_out");
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes tokens that have not expired
///
/// Those of a user, of somebody who is no user, or one. Whoever may still log in can do so again; to shut a user out, change
/// them.
#[utoipa::path(post, path = "/v1/revocations", tag = "sessions", operation_id = "revoke",
    request_body = NewRevocation,
    responses((status = 204, description = "They are not believed any more")),
    extensions(("x-policy" = json!("admin")), ("x-errors" = json!(["not_found"]))))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    by: By,
    Body(body): Body<NewRevocation>,
) -> Result<StatusCode, ApiError> {
    let what = match NewRevocation::check(body)? {
        Revoked::Token(id) => Revocation::Token(id),
        Revoked::Subject(subject) => Revocation::Subject(subject),
        Revoked::User(id) => {
            let user = app.users.get(id).await;
            let user = user.map_err(|error| store_failed(&error))?;
            let missing = || ApiError::not_found(format!("there is no user {id}"));
            let name = user.ok_or_else(missing)?.name.as_str().to_owned();
            Revocation::User(id, vec![id.to_string(), name])
        }
    };
    let now = (app.clock)();
    // By then the last of them has expired, by every clock.
    let until = now + Claims::MAX_LIFE + auth::Verifier::MAX_LEEWAY;
    let revoked = by.store(&app).revoke(what, now, until).await;
    revoked.map_err(|error| store_failed(&error))?;
    app.logins.count("revoked");
    Ok(StatusCode::NO_CONTENT)
}

/// Nobody may keep these on the way.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

fn tokens(
    app: &App,
    user: &User,
    session: &Session,
    refresh: &RefreshToken,
    now: SystemTime,
) -> Result<Response, ApiError> {
    let (access_token, life) = app.logins.access_token(user, session, now)?;
    let refresh_life = session.expires_at.duration_since(now).unwrap_or_default();
    let tokens = Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: life.as_secs(),
        refresh_token: refresh.reveal(),
        refresh_expires_in: refresh_life.as_secs(),
    };
    Ok(([(CACHE_CONTROL, NO_STORE)], Json(tokens)).into_response())
}

/// Notes that something was not done.
pub(super) async fn refused(
    app: &App,
    by: &By,
    action: &str,
    object: String,
) -> Result<(), ApiError> {
    let event = Event {
        author: by.author().clone(),
        action: action.to_owned(),
        object,
        outcome: Outcome::Refused,
    };
    app.store
        .note(event)
        .await
        .map_err(|error| store_failed(&error))
}
