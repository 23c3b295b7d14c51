//! The secret that requests must carry where other machines can reach the debug endpoints.

use std::hint::black_box;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use secret::Secret;

use crate::reply;

/// A secret of at least 16 characters, which is shown nowhere.
///
/// Requests carry it as `Authorization: Bearer TOKEN`, or as the password of `Authorization: Basic …` (with any user
/// name), which is what tools make of `http://any:TOKEN@host:4000/`, and browsers of what one types.
#[derive(Clone, Debug)]
pub struct Token(Secret<Box<str>>);

/// Shorter ones can be guessed.
const MIN_LEN: usize = 16;

impl Token {
    /// The token without space around it, as it stands in a file.
    ///
    /// # Errors
    /// It is too short, or holds something else than visible ASCII characters, which a header cannot carry.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        if text.len() < MIN_LEN {
            return Err(TokenError::TooShort { len: text.len() });
        }
        Ok(Self(Secret::new(text.into())))
    }

    /// Takes equally long wherever the first difference is.
    fn matches(&self, given: &[u8]) -> bool {
        let own = self.0.expose().as_bytes();
        let differing = given
            .iter()
            .zip(own.iter().cycle())
            .fold(own.len() ^ given.len(), |differing, (a, b)| {
                black_box(differing | usize::from(a ^ b))
            });
        differing == 0
    }

    fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (given.next(), given.next()) else {
            return false;
        };
        let Some((scheme, value)) = split_scheme(value.as_bytes()) else {
            return false;
        };
        if scheme.eq_ignore_ascii_case(b"bearer") {
            return self.matches(value);
        }
        if scheme.eq_ignore_ascii_case(b"basic") {
            let pair = STANDARD.decode(value).unwrap_or_default();
            let password = pair.iter().position(|byte| *byte == b':');
            return password.is_some_and(|colon| self.matches(&pair[colon + 1..]));
        }
        false
    }
}

fn split_scheme(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    Some((&value[..space], value[space..].trim_ascii()))
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        self.matches(other.0.expose().as_bytes())
    }
}

impl Eq for Token {}

/// Why a text is no [`Token`]; it is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It could be guessed.
    #[error(
        "the token has {len} characters: it needs at least {MIN_LEN}, such as those of openssl rand -hex 16"
    )]
    TooShort {
        /// How many characters it has.
        len: usize,
    },
    /// A header cannot carry it.
    #[error("the token holds spaces or other characters than visible ASCII")]
    Characters,
}

/// Answers 401 to requests without the token.
pub(crate) async fn check(State(token): State<Token>, request: Request, next: Next) -> Response {
    if token.is_in(request.headers()) {
        return next.run(request).await;
    }
    let given = request.headers().contains_key(AUTHORIZATION);
    let mut refusal = reply::error(
        StatusCode::UNAUTHORIZED,
        if given {
            "this is not the token of the debug endpoints"
        } else {
            "the debug endpoints want their token: Authorization: Bearer TOKEN, or as the password of http://any:TOKEN@…"
        },
    );
    for scheme in ["Bearer realm=\"debug\"", "Basic realm=\"debug\""] {
        refusal
            .headers_mut()
            .append(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    }
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0123456789abcdef";

    #[test]
    fn a_token_is_long_visible_and_not_shown() {
        assert_eq!(Token::new("short"), Err(TokenError::TooShort { len: 5 }));
        assert_eq!(Token::new(""), Err(TokenError::TooShort { len: 0 }));
        assert_eq!(Token::new("0123456789 abcdef"), Err(TokenError::Characters));
        assert_eq!(Token::new("0123456789äbcdef"), Err(TokenError::Characters));
        let token = Token::new(&format!(" {TEXT}\n")).expect("a token");
        assert_eq!(format!("{token:?}"), "Token(***)");
        assert!(token.matches(TEXT.as_bytes()));
        for other in [
            "",
            "0",
            "0123456789abcdeF",
            "x123456789abcdef",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert!(!token.matches(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn headers_carry_it_as_bearer_or_as_a_password() {
        let token = Token::new(TEXT).expect("a token");
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        for (value, right) in [
            (format!("Bearer {TEXT}"), true),
            (format!("bearer  {TEXT}"), true),
            (basic(&format!("anyone:{TEXT}")), true),
            (basic(&format!(":{TEXT}")), true),
            (basic(TEXT), false),
            (basic("anyone:"), false),
            ("Basic %%%".to_owned(), false),
            (format!("Digest {TEXT}"), false),
            (TEXT.to_owned(), false),
            ("Bearer".to_owned(), false),
            ("Bearer ".to_owned(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().expect("a header"));
            assert_eq!(token.is_in(&headers), right, "{value}");
            headers.append(AUTHORIZATION, value.parse().expect("a header"));
            assert!(!token.is_in(&headers), "twice is ambiguous: {value}");
        }
        assert!(!token.is_in(&HeaderMap::new()));
    }
}
