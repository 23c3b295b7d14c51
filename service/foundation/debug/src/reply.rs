//! Answers with the headers that keep browsers from reading more into them.

use axum::body::Body;
use axum::response::Response;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
};
use http::{HeaderValue, StatusCode};

/// Nothing may be loaded, run, framed or sent from any page here: they are plain text and links.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Tells `go tool pprof` that the body is a message for its user.
const GO_PPROF: HeaderName = HeaderName::from_static("x-go-pprof");

pub(crate) fn json(body: String) -> Response {
    reply("application/json; charset=utf-8", body)
}

pub(crate) fn html(body: String) -> Response {
    reply("text/html; charset=utf-8", body)
}

pub(crate) fn text(body: String) -> Response {
    reply("text/plain; charset=utf-8", body)
}

pub(crate) fn binary(body: Vec<u8>) -> Response {
    reply("application/octet-stream", body)
}

/// An error as Go's pprof handler writes it: one line of text.
pub(crate) fn error(status: StatusCode, message: &str) -> Response {
    let mut response = text(format!("{message}\n"));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(GO_PPROF, HeaderValue::from_static("1"));
    response
}

fn reply(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Text that is safe between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escape("<script>\"a\" & 'b'</script>"),
            "&lt;script&gt;&#34;a&#34; &amp; &#39;b&#39;&lt;/script&gt;"
        );
        assert_eq!(escape("plain ✓"), "plain ✓");
    }
}
