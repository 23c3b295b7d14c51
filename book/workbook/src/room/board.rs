//! The board's page: on loopback, and only for a browser that has followed the printed link.
//!
//! The link's key becomes a cookie that no other site's page can send (`SameSite=Strict`) and no script can read.

use super::desk::Desk;
use super::secret;
use super::view::Board;
use axum::extract::{RawQuery, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::net::SocketAddr;

const COOKIE: &str = "cutaway-room";
const SCRIPT: &str = include_str!("board.js");
const STYLE: &str = include_str!("board.css");
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes, behind the guard of `local`, the address listened on, and behind the room's key.
pub fn router(desk: Desk, local: SocketAddr) -> Router {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/", get(page))
        .route("/board.json", get(json))
        .route("/board.js", file("text/javascript; charset=utf-8", SCRIPT))
        .route("/board.css", file("text/css; charset=utf-8", STYLE))
        .layer(axum::middleware::from_fn_with_state(desk.clone(), entry))
        .layer(axum::middleware::map_response(secure))
        .layer(listen::guard::layer(local))
        .with_state(desk)
}

/// The link for the instructor.
pub fn link(desk: &Desk, local: SocketAddr) -> String {
    format!("http://{local}/?key={}", desk.room().key)
}

async fn entry(
    State(desk): State<Desk>,
    RawQuery(query): RawQuery,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    let key = desk.room().key;
    let given = query
        .as_deref()
        .and_then(|query| query.strip_prefix("key="));
    if let Some(given) = given
        && secret::same(&key, given)
    {
        let cookie = format!("{COOKIE}={key}; Path=/; HttpOnly; SameSite=Strict");
        return (
            StatusCode::SEE_OTHER,
            [
                (header::LOCATION, "/".to_owned()),
                (header::SET_COOKIE, cookie),
            ],
        )
            .into_response();
    }
    if secret::same(&key, cookie(request.headers())) {
        return next.run(request).await;
    }
    let text = "Open the link that `cargo workbook room` has printed: it holds the key.\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

fn cookie(headers: &HeaderMap) -> &str {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
        .unwrap_or_default()
}

async fn json(State(desk): State<Desk>) -> Json<Board> {
    Json(Board::of(&desk.room(), desk.now()))
}

async fn page(State(desk): State<Desk>) -> Response {
    let room = desk.room();
    let board = Board::of(&room, desk.now());
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>The room</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"board.css\"><script src=\"board.js\" defer></script>\
         <noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript></head><body>\n\
         <h1>The room</h1>\n<p>Code <strong class=\"code\">{}</strong> <span id=\"state\" role=\"status\"></span></p>\n\
         <main>\n{}</main>\n</body></html>\n",
        room.code,
        board.html()
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-security-policy", POLICY),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
