//! Ids that tell requests apart in logs and errors.
//!
//! A client may choose one, so that its own log and the service's can be laid side by side; every answer tells it.

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use trace::Short;

use crate::underway::Given;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ids from clients are replaced.
const MAX_LEN: usize = 64;

/// The id of a request; handlers take it as an argument. Empty outside the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Short<MAX_LEN>);

impl RequestId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Writes it into an answer's header.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap) {
        if let Ok(id) = HeaderValue::from_bytes(self.0.as_bytes()) {
            headers.insert(HEADER, id);
        }
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let given = parts.extensions.get::<Given>();
        let id = given.and_then(|given| given.id.clone());
        Ok(id.unwrap_or(Self(Short::EMPTY)))
    }
}

/// Where ids come from: a seed that tells processes apart, and a count.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed: seed & 0xffff_ffff_ffff,
            next: AtomicU64::new(1),
        }
    }

    /// The client's id if it is sane, otherwise one of our own.
    pub(crate) fn of(&self, headers: &HeaderMap) -> RequestId {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let given = given.filter(|id| is_sane(id)).and_then(Short::new);
        RequestId(given.unwrap_or_else(|| self.generate()))
    }

    fn generate(&self) -> Short<MAX_LEN> {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let mut id = Short::EMPTY;
        id.push_hex(self.seed, 12);
        id.push(b'-');
        id.push_hex(count, (16 - count.leading_zeros() as usize / 4).max(6));
        id
    }
}

/// A seed that differs from process to process.
pub(crate) fn random_seed() -> u64 {
    RandomState::new().hash_one("request ids")
}

/// Ids end up in logs and in other services: nothing in them but plain characters.
fn is_sane(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= MAX_LEN && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sane_ids_are_kept_and_others_replaced() {
        let long = "x".repeat(MAX_LEN + 1);
        for (given, kept) in [
            ("a-1_b.C", true),
            (&"x".repeat(MAX_LEN), true),
            (&*long, false),
            ("", false),
            ("two words", false),
            ("quote\"", false),
            ("{\"a\":1}", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, given.parse().expect("a valid header value"));
            let id = Ids::new(0xabc).of(&headers);
            assert_eq!(id.as_str() == given, kept, "{given:?} became {id}");
        }
    }

    #[test]
    fn generated_ids_count_up() {
        let ids = Ids::new(0xffff_1234_5678_9abc);
        let none = HeaderMap::new();
        assert_eq!(ids.of(&none).as_str(), "123456789abc-000001");
        assert_eq!(ids.of(&none).as_str(), "123456789abc-000002");
        ids.next.store(0x0123_4567_89ab, Ordering::Relaxed);
        assert_eq!(ids.of(&none).as_str(), "123456789abc-123456789ab");
    }
}
