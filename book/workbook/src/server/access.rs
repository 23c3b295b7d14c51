//! Who may run things. Everybody who reaches the server can read; whatever starts a program or writes a file needs the
//! token, and that is every request but GET and HEAD.
//!
//! | request | answer |
//! |---|---|
//! | `GET /any/page?token=…` | 303 to the same page without the token, which the browser now keeps as a cookie; 403 for another token |
//! | `GET /api/access` | `{"run": true}`, or `{"run": false, "how": …}` with what to do about it |
//! | anything but GET and HEAD | as ever with the cookie or `Authorization: Bearer …`; otherwise 401 |
//!
//! The cookie is `HttpOnly` (no script reads it) and `SameSite=Strict` (no other site's page makes the browser send it).
//! Its name holds the port, because cookies do not tell ports apart and two servers would take each other's place.

use super::token::Token;
use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;

/// The token of a server, and how browsers bring it.
#[derive(Clone, Debug)]
pub struct Access {
    token: Arc<Token>,
    cookie: Arc<str>,
    how: Arc<str>,
}

impl Access {
    /// For the server that listens on `local`.
    pub fn new(token: Token, local: SocketAddr) -> Access {
        let ask = if local == super::usual_address() {
            String::new()
        } else {
            format!(" --book {local}")
        };
        Access {
            token: Arc::new(token),
            cookie: format!("cutaway-{}", local.port()).into(),
            how: format!(
                "Open the link with a token that was printed when the book was started; `cargo workbook link{ask}` prints it again."
            )
            .into(),
        }
    }

    /// Whether a request with these headers may run things.
    pub fn has_token(&self, headers: &HeaderMap) -> bool {
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        bearer.is_some_and(|token| self.token.is(token)) || self.has_cookie(headers)
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let all = headers.get_all(header::COOKIE).iter();
        let mut pairs = all.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        pairs.any(|pair| {
            let pair = pair.trim_ascii_start();
            let value = pair.strip_prefix(self.cookie.as_bytes());
            value
                .and_then(|value| value.strip_prefix(b"="))
                .is_some_and(|value| self.token.is(value))
        })
    }

    /// The way from the printed link to the cookie.
    fn exchange(&self, uri: &Uri, token: &str) -> Response {
        let kept = (header::CACHE_CONTROL, "no-store");
        if !self.token.is(token.as_bytes()) {
            let text = format!("This link's token is not this server's. {}\n", self.how);
            return (StatusCode::FORBIDDEN, [kept], text).into_response();
        }
        let cookie = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict",
            self.cookie,
            self.token.reveal()
        );
        let mut response = (
            StatusCode::SEE_OTHER,
            [kept, (header::LOCATION, &without_token(uri))],
        )
            .into_response();
        match HeaderValue::from_str(&cookie) {
            Ok(mut cookie) => {
                cookie.set_sensitive(true);
                response.headers_mut().insert(header::SET_COOKIE, cookie);
                response
            }
            // Base64 and constants: always a valid header.
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    fn refusal(&self) -> Response {
        let message = format!("This page may only read. {}", self.how);
        let body = json!({ "error": { "code": "no_token", "message": message } });
        let asks = [(header::WWW_AUTHENTICATE, "Bearer")];
        (StatusCode::UNAUTHORIZED, asks, Json(body)).into_response()
    }
}

/// Lets a request through, or not.
pub(super) async fn admit(State(access): State<Access>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        if access.has_token(request.headers()) {
            return next.run(request).await;
        }
        return access.refusal();
    }
    match token_of(request.uri()) {
        Some(token) => access.exchange(request.uri(), token),
        None => next.run(request).await,
    }
}

/// Whether the page that asks may run things, and if not, how it can.
pub(super) async fn tell(State(access): State<Access>, headers: HeaderMap) -> Response {
    let told = if access.has_token(&headers) {
        json!({ "run": true })
    } else {
        json!({ "run": false, "how": &*access.how })
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(told)).into_response()
}

fn token_of(uri: &Uri) -> Option<&str> {
    let mut pairs = uri.query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix("token="))
}

/// The same page without its token; always on this server, whatever slashes the path begins with.
fn without_token(uri: &Uri) -> String {
    let path = uri.path().trim_start_matches(['/', '\\']);
    let query: Vec<&str> = uri
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.starts_with("token="))
        .collect();
    if query.is_empty() {
        format!("/{path}")
    } else {
        format!("/{path}?{}", query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_link_stays_on_this_server() {
        for (uri, expected) in [
            ("/?token=a", "/"),
            ("/a/b.html?token=a&search=x", "/a/b.html?search=x"),
            ("/a?search=x&token=a&token=b", "/a?search=x"),
            ("//evil.example/?token=a", "/evil.example/"),
        ] {
            assert_eq!(without_token(&uri.parse().expect("a path")), expected);
        }
        assert_eq!(token_of(&Uri::from_static("/?xtoken=a")), None);
    }
}
