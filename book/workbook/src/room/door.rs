//! The requests of learners, and no others.

use super::Refusal;
use super::desk::{Desk, Failure};
use super::learners::Told;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use listen::Peer;
use serde::Deserialize;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The routes, behind the guard of `local`, the address listened on.
pub fn router(desk: Desk, local: SocketAddr) -> Router {
    let limit = DefaultBodyLimit::max(desk.body());
    Router::new()
        .route("/join", post(join))
        .route("/progress", post(progress))
        .route("/leave", post(leave))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .layer(limit)
        .layer(axum::middleware::map_response(secure))
        .layer(listen::guard::layer(local))
        .with_state(desk)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Join {
    code: String,
    name: String,
}

async fn join(
    State(desk): State<Desk>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let join: Join = match parsed(&headers, &body) {
        Ok(join) => join,
        Err(refusal) => return refused(&refusal),
    };
    match desk.join(client.0, &join.code, &join.name) {
        Ok(token) => Json(serde_json::json!({ "token": token })).into_response(),
        Err(failure) => {
            if matches!(failure, Failure::Refused(Refusal::WrongCode)) {
                tokio::time::sleep(desk.wrong()).await;
            }
            failed(&failure)
        }
    }
}

async fn progress(
    State(desk): State<Desk>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match parsed::<Told>(&headers, &body) {
        Ok(told) => done(desk.tell(client.0, token(&headers), &told)),
        Err(refusal) => refused(&refusal),
    }
}

async fn leave(State(desk): State<Desk>, client: Client, headers: HeaderMap) -> Response {
    done(desk.leave(client.0, token(&headers)))
}

async fn nothing() -> Response {
    answer(
        StatusCode::NOT_FOUND,
        "not_found",
        "learners join, tell their progress and leave; nothing else is here",
    )
}

/// The address of who asks.
struct Client(IpAddr);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Client, Infallible> {
        let peer = parts.extensions.get::<Peer>();
        // Who cannot be told apart shares a bucket.
        let address = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        Ok(Client(address.to_canonical()))
    }
}

fn token(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION);
    let text = value.and_then(|value| value.to_str().ok());
    text.and_then(|text| text.strip_prefix("Bearer "))
        .unwrap_or_default()
}

/// A form of another site's page cannot send JSON by its name.
fn parsed<'a, T: Deserialize<'a>>(headers: &HeaderMap, body: &'a [u8]) -> Result<T, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != "application/json") {
        let why = "the body is not application/json";
        return Err(Refusal::Malformed(why.to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))
}

fn done(outcome: Result<(), Failure>) -> Response {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> Response {
    match failure {
        Failure::Refused(refusal) => refused(refusal),
        Failure::NotKept(error) => {
            tracing::error!(%error, "the room cannot be written to its file");
            answer(
                StatusCode::SERVICE_UNAVAILABLE,
                "not_kept",
                "the room cannot note it: tell the instructor",
            )
        }
    }
}

fn refused(refusal: &Refusal) -> Response {
    let (status, code) = match refusal {
        Refusal::WrongCode => (StatusCode::FORBIDDEN, "wrong_code"),
        Refusal::NotJoined => (StatusCode::UNAUTHORIZED, "not_joined"),
        Refusal::Full(_) => (StatusCode::CONFLICT, "full"),
        Refusal::Name => (StatusCode::UNPROCESSABLE_ENTITY, "name"),
        Refusal::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
        Refusal::TooOften => (StatusCode::TOO_MANY_REQUESTS, "too_often"),
    };
    answer(status, code, &refusal.to_string())
}

fn answer(status: StatusCode, code: &str, message: &str) -> Response {
    let error = serde_json::json!({ "error": { "code": code, "message": message } });
    let mut response = (status, Json(error)).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, http::HeaderValue::from_static("60"));
    }
    response
}

async fn secure(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'"),
    ] {
        headers.insert(name, http::HeaderValue::from_static(value));
    }
    response
}
