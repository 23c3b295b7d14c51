//! Answers with the headers that keep browsers from reading more into them.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};

/// Nothing may be loaded, run, framed or sent.
const STRICT: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The pages load their own style sheet and script, and the human one reads variables and frames flame graphs.
const PAGE: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Tells `go tool pprof` that the body is a message for its user.
const GO_PPROF: HeaderName = HeaderName::from_static("x-go-pprof");

pub(crate) fn json(body: String) -> Response {
    reply("application/json; charset=utf-8", body)
}

/// A page of ours: it may use what `/debug/page.css` and `/debug/page.js` hold, and nothing else.
pub(crate) fn html(body: String) -> Response {
    let mut response = reply("text/html; charset=utf-8", body);
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE));
    response
}

pub(crate) fn text(body: String) -> Response {
    reply("text/plain; charset=utf-8", body)
}

/// A profile: gzip-compressed protobuf that a browser saves as `name`.
pub(crate) fn attachment(name: &str, body: Vec<u8>) -> Response {
    let mut response = reply("application/octet-stream", body);
    let value = format!("attachment; filename=\"{name}\"");
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
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

/// What this asks for changes something, which a GET must not do.
pub(crate) fn only_by_post(parameter: &str) -> Response {
    let mut response = error(
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("{parameter} changes something: use POST"),
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

pub(crate) fn reply(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Adds the headers that every answer has, where it has none of its own.
pub(crate) fn harden<B>(mut response: Response<B>) -> Response<B> {
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, STRICT),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ] {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
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

    #[test]
    fn a_policy_of_its_own_stays() {
        let policy = |response: Response| {
            harden(response).headers()[CONTENT_SECURITY_POLICY]
                .to_str()
                .expect("plain")
                .to_owned()
        };
        assert_eq!(policy(text(String::new())), STRICT);
        assert_eq!(policy(html(String::new())), PAGE);
    }
}
