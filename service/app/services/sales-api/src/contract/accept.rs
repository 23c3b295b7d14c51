//! Clients that do not take JSON: told so before anything is done for them.

use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use futures_util::future::{Either, Ready, ready};
use http::header::ACCEPT;
use http::{HeaderMap, Request, StatusCode};
use tower::{Layer, Service};
use web::ApiError;

/// Answers 406 `not_acceptable` to requests whose `Accept` excludes JSON.
///
/// A layer of its own kind, since one made of a function would cost a boxed future per request.
#[derive(Clone, Copy, Debug)]
pub struct AcceptsJson;

impl<S> Layer<S> for AcceptsJson {
    type Service = Checked<S>;

    fn layer(&self, inner: S) -> Checked<S> {
        Checked { inner }
    }
}

/// Made by [`AcceptsJson`].
#[derive(Clone, Debug)]
pub struct Checked<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Checked<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if takes_json(request.headers()) {
            Either::Left(self.inner.call(request))
        } else {
            Either::Right(ready(Ok(not_acceptable())))
        }
    }
}

#[cold]
fn not_acceptable() -> Response {
    let message = "answers are application/json, which Accept excludes";
    ApiError::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message).into_response()
}

/// The most exact range that covers JSON decides (RFC 9110, section 12.5.1). What cannot be read is no wish.
fn takes_json(headers: &HeaderMap) -> bool {
    let mut named = false;
    let mut best: Option<(u8, bool)> = None;
    for line in headers.get_all(ACCEPT) {
        let Ok(line) = line.to_str() else { continue };
        for range in line.split(',').filter(|range| !range.trim().is_empty()) {
            named = true;
            let Some(found) = covers_json(range) else {
                continue;
            };
            if best.is_none_or(|best| found.0 >= best.0) {
                best = Some(found);
            }
        }
    }
    !named || best.is_some_and(|(_, wanted)| wanted)
}

/// How exactly a range names JSON, and whether it wants or excludes it; `None` if it is about something else.
fn covers_json(range: &str) -> Option<(u8, bool)> {
    let mut parts = range.split(';').map(str::trim);
    let exactness = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/json" => 2,
        "application/*" => 1,
        "*/*" => 0,
        _ => return None,
    };
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    let excluded = weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|q| q <= 0.0));
    Some((exactness, !excluded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_range_decides() {
        for (accept, takes) in [
            (None, true),
            (Some(""), true),
            (Some("*/*"), true),
            (Some("application/json"), true),
            (Some("text/html, application/xml;q=0.9, */*;q=0.8"), true),
            (Some("APPLICATION/JSON; charset=utf-8"), true),
            (Some("text/html, application/*"), true),
            (Some("text/html"), false),
            (Some("application/problem+json"), false),
            (Some("*/*;q=0"), false),
            (Some("*/*, application/json;q=0"), false),
            (Some("application/json;q=0.001, */*;q=0"), true),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().expect("a header"));
            }
            assert_eq!(takes_json(&headers), takes, "{accept:?}");
        }
    }
}
