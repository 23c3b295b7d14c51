//! Entity tags (RFC 9110, sections 8.8.3 and 13.1), and what clients make depend on them.
//!
//! All tags are strong: another tag for every other answer. A product's says its version and its stock. A change
//! (`If-Match`) depends on the version alone: stock comes and goes with every order, and no change of name or price
//! overwrites it.

use std::convert::Infallible;
use std::fmt::Write;

use axum::extract::FromRequestParts;
use http::header::{AsHeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use types::Version;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use web::ApiError;

/// The tag of an answer, with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// That of something which is all its version's.
    pub fn version(version: Version) -> ETag {
        ETag(format!("\"{version}\""))
    }

    /// That of a product.
    pub fn product(product: &product::Product) -> ETag {
        ETag(format!("\"{}-{}\"", product.version, product.stock))
    }

    /// That of an answer with this body.
    pub fn of_body(body: &[u8]) -> ETag {
        let digest = Sha256::digest(body);
        let mut tag = String::from('"');
        // Half of it tells any two answers apart.
        for byte in &digest[..16] {
            let _never_fails = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        ETag(tag)
    }

    /// The value of the header.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }
}

/// `If-None-Match`: the client has answers with these tags.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Option<String>);

impl IfNoneMatch {
    /// Whether the client has the answer with this tag. Tags are compared weakly: who has `W/"1"` has `"1"`.
    pub fn has(&self, etag: &ETag) -> bool {
        let Some(tags) = &self.0 else {
            return false;
        };
        let same = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == etag.0;
        tags.trim() == "*" || tags.split(',').map(str::trim).any(same)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(IfNoneMatch(list(&parts.headers, IF_NONE_MATCH)))
    }
}

/// `If-Match`: the change is based on what had one of these tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing is said.
    Missing,
    /// `*`: whatever version it is in.
    Any,
    /// One of these versions; tags that name no version are left out, as they cannot match.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Whether something in this version may be changed.
    ///
    /// # Errors
    /// 412 `precondition_failed`.
    pub fn check(&self, current: Version) -> Result<(), ApiError> {
        match self {
            IfMatch::Versions(versions) if !versions.contains(&current.get()) => {
                Err(ApiError::new(
                    StatusCode::PRECONDITION_FAILED,
                    "precondition_failed",
                    format!("it has been changed since: its version is now {current}"),
                ))
            }
            _ => Ok(()),
        }
    }

    fn read(tags: &str) -> Option<IfMatch> {
        if tags.trim() == "*" {
            return Some(IfMatch::Any);
        }
        let mut versions = Vec::new();
        for tag in tags.split(',').map(str::trim) {
            let (weak, tag) = match tag.strip_prefix("W/") {
                Some(tag) => (true, tag),
                None => (false, tag),
            };
            let opaque = tag.strip_prefix('"')?.strip_suffix('"')?;
            let version = opaque.split('-').next().unwrap_or_default();
            // Only strong tags match here.
            if let (false, Ok(version)) = (weak, version.parse()) {
                versions.push(version);
            }
        }
        Some(IfMatch::Versions(versions))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let tags = list(&parts.headers, IF_MATCH).unwrap_or_default();
        if tags.trim().is_empty() {
            return Ok(IfMatch::Missing);
        }
        IfMatch::read(&tags).ok_or_else(|| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_header",
                "If-Match must be * or entity tags in double quotes, with commas between them",
            )
        })
    }
}

/// `If-Match` where it must be given. Refused as `precondition_required` (428).
#[derive(Clone, Debug)]
pub struct MustMatch(pub IfMatch);

impl<S: Send + Sync> FromRequestParts<S> for MustMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match IfMatch::from_request_parts(parts, state).await? {
            IfMatch::Missing => Err(ApiError::new(
                StatusCode::PRECONDITION_REQUIRED,
                "precondition_required",
                "If-Match must hold the ETag that the change is based on, or *",
            )),
            said => Ok(MustMatch(said)),
        }
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Entity tags of answers that the client has: 304 if it has this one.";
        vec![header("If-None-Match", description, None, Required::False)]
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let pattern = format!("^({TAGS})?$");
        vec![header(
            "If-Match",
            BASED_ON,
            Some(&pattern),
            Required::False,
        )]
    }
}

impl IntoParams for MustMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let pattern = format!("^({TAGS})$");
        vec![header("If-Match", BASED_ON, Some(&pattern), Required::True)]
    }
}

const BASED_ON: &str =
    "The entity tag that the request is based on, or `*`: 412 if something else is there by now.";
const TAGS: &str = r#"\*|(W/)?"[!#-+\--~]*"(, *(W/)?"[!#-+\--~]*")*"#;

/// The documentation of a header.
pub fn header(
    name: &str,
    description: &str,
    pattern: Option<&str>,
    required: Required,
) -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(pattern);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(text))
        .build()
}

/// A header that is a list, which may be sent in several lines.
fn list(headers: &HeaderMap, name: impl AsHeaderName) -> Option<String> {
    let mut whole: Option<String> = None;
    for line in headers.get_all(name) {
        let line = String::from_utf8_lossy(line.as_bytes());
        whole = Some(match whole {
            None => line.into_owned(),
            Some(lines) => lines + "," + &line,
        });
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_for_reading() {
        let tag = ETag("\"7\"".to_owned());
        for (header, has) in [
            ("\"7\"", true),
            ("W/\"7\"", true),
            ("\"6\" , \"7\"", true),
            ("*", true),
            ("\"6\"", false),
            ("7", false),
            ("", false),
        ] {
            assert_eq!(
                IfNoneMatch(Some(header.to_owned())).has(&tag),
                has,
                "{header}"
            );
        }
        assert!(!IfNoneMatch::default().has(&tag));
    }

    #[test]
    fn a_change_needs_the_strong_tag_of_the_current_version() {
        let versions = |versions: &[i64]| Some(IfMatch::Versions(versions.to_vec()));
        for (header, expected) in [
            ("*", Some(IfMatch::Any)),
            ("\"7\"", versions(&[7])),
            ("\"7-1000\"", versions(&[7])),
            ("\"6\", \"7\"", versions(&[6, 7])),
            ("W/\"7\"", versions(&[])),
            ("\"what\"", versions(&[])),
            ("7", None),
            ("\"7", None),
        ] {
            assert_eq!(IfMatch::read(header), expected, "{header}");
        }
        let current = Version::FIRST;
        assert!(IfMatch::Versions(vec![2, 1]).check(current).is_ok());
        assert!(IfMatch::Any.check(current).is_ok());
        assert!(IfMatch::Versions(vec![2]).check(current).is_err());
        assert!(IfMatch::Versions(vec![]).check(current).is_err());
    }
}
