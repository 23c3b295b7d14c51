//! Whether to believe a token.
//!
//! Nothing a token says is looked at before its signature is checked, but for the two fields of its
//! header that are needed for that: the algorithm, which must be the one there is, and the key's id,
//! which must be one of those known.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use crate::claims::{AUDIENCE, Claims, ISSUER, Wire, seconds};
use crate::key::{ALGORITHM, Keys};

/// Checks tokens. Cheap to share; it changes nothing.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Keys,
}

/// Why a token is not believed. For logs and for tests: whoever sent it need not know more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Longer than [`Verifier::MAX_LENGTH`].
    #[error("the token is longer than {} bytes", Verifier::MAX_LENGTH)]
    TooLong,
    /// Not three parts of base64url, or not JSON inside.
    #[error("it is not a signed JSON Web Token")]
    Malformed,
    /// The header names another algorithm, or none.
    #[error("it is not signed with {ALGORITHM}")]
    Algorithm,
    /// The header demands something that is not known here.
    #[error("its header has extensions (crit) that are not known here")]
    Extensions,
    /// No key with this id.
    #[error("it is signed with an unknown key")]
    UnknownKey,
    /// The signature is not the key's, or something was changed after it was signed.
    #[error("its signature is wrong")]
    Signature,
    /// A signed token lacks something, or has something that makes no sense.
    #[error("its claims make no sense here")]
    Claims,
    /// Issued by somebody else.
    #[error("it was issued by somebody else than {ISSUER}")]
    Issuer,
    /// Meant for somebody else.
    #[error("it is not meant for {AUDIENCE}")]
    Audience,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// Its time has not come.
    #[error("it is not valid yet")]
    NotYet,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

impl Verifier {
    /// The longest token, in bytes. It bounds the work a stranger can ask for.
    pub const MAX_LENGTH: usize = 4_096;
    /// How much the clocks of two machines may differ.
    pub const LEEWAY: Duration = Duration::from_secs(30);

    /// Believes these keys.
    pub fn new(keys: Keys) -> Verifier {
        Verifier { keys }
    }

    /// The keys that are believed.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What the token says, if it is to be believed at this time.
    ///
    /// # Errors
    /// It is not.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, Refused> {
        if token.len() > Self::MAX_LENGTH {
            return Err(Refused::TooLong);
        }
        let claims = self.signed_part(token)?;
        let claims: Wire = serde_json::from_slice(&claims).map_err(|_| Refused::Claims)?;
        if claims.iss != ISSUER {
            return Err(Refused::Issuer);
        }
        if !claims.aud.has(AUDIENCE) {
            return Err(Refused::Audience);
        }
        let (now, leeway) = (seconds(now), Self::LEEWAY.as_secs());
        if now >= claims.exp.saturating_add(leeway) {
            return Err(Refused::Expired);
        }
        if claims
            .nbf
            .is_some_and(|nbf| nbf > now.saturating_add(leeway))
        {
            return Err(Refused::NotYet);
        }
        claims.claims().ok_or(Refused::Claims)
    }

    /// The claims of a token whose signature holds.
    fn signed_part(&self, token: &str) -> Result<Vec<u8>, Refused> {
        let (message, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Refused::Malformed)?;
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| Refused::Malformed)?;
        if header.alg != ALGORITHM {
            return Err(Refused::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Refused::Extensions);
        }
        if header
            .typ
            .is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT"))
        {
            return Err(Refused::Malformed);
        }
        let id = header.kid.ok_or(Refused::UnknownKey)?;
        let key = self.keys.get(&id).ok_or(Refused::UnknownKey)?;
        let claims = decode(claims)?;
        let signature: [u8; 64] = decode(signature)?
            .try_into()
            .map_err(|_| Refused::Signature)?;
        if !key.has_signed(message.as_bytes(), &signature) {
            return Err(Refused::Signature);
        }
        Ok(claims)
    }
}

/// Each text stands for other bytes: what is left over at the end must be zero, and there is no `=`.
fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    BASE64.decode(part).map_err(|_| Refused::Malformed)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::{Value, json};
    use user::{Role, Roles};

    use super::*;
    use crate::key::SigningKey;

    const NOW: u64 = 1_700_000_000;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32])
    }

    fn verifier() -> Verifier {
        Verifier::new(Keys::of([key(1).public(), key(2).public()]))
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "kid": key(1).public().id().as_str(), "typ": "JWT"})
    }

    fn claims() -> Value {
        json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "roles": ["staff"], "iat": NOW, "nbf": NOW, "exp": NOW + 60})
    }

    /// What comes of a token with one field of the header or the claims changed (or, if null, removed),
    /// rightly signed.
    fn changed(field: &str, value: Value) -> Result<Claims, Refused> {
        let (mut header, mut claims) = (header(), claims());
        let part = if header.get(field).is_some() || field == "crit" {
            &mut header
        } else {
            &mut claims
        };
        let fields = part.as_object_mut().expect("an object");
        if value.is_null() {
            fields.remove(field);
        } else {
            fields.insert(field.to_owned(), value);
        }
        verifier().verify(&key(1).sign_parts(&header, &claims), now())
    }

    #[test]
    fn what_is_signed_is_believed() {
        let roles = Roles::of(&[Role::Staff, Role::Admin]);
        let claims = Claims::new("Ada L.", roles, now(), Duration::from_mins(1)).expect("sensible");
        for seed in [1, 2] {
            let token = key(seed).sign(&claims);
            assert_eq!(verifier().verify(&token, now()), Ok(claims.clone()));
        }
        // A key that has gone takes its tokens with it.
        let token = key(3).sign(&claims);
        assert_eq!(verifier().verify(&token, now()), Err(Refused::UnknownKey));
    }

    #[test]
    fn a_rightly_signed_token_must_make_sense() {
        for (field, value, refused) in [
            ("alg", json!("none"), Refused::Algorithm),
            ("alg", json!("HS256"), Refused::Algorithm),
            ("alg", json!("eddsa"), Refused::Algorithm),
            ("alg", Value::Null, Refused::Malformed),
            ("kid", Value::Null, Refused::UnknownKey),
            ("kid", json!("../../etc/passwd"), Refused::UnknownKey),
            (
                "kid",
                json!(key(2).public().id().as_str()),
                Refused::Signature,
            ),
            ("typ", json!("dpop+jwt"), Refused::Malformed),
            ("crit", json!(["exp"]), Refused::Extensions),
            ("iss", json!("somebody"), Refused::Issuer),
            ("aud", json!("somebody"), Refused::Audience),
            ("aud", json!(["a", "b"]), Refused::Audience),
            ("exp", json!(NOW - 30), Refused::Expired),
            ("exp", Value::Null, Refused::Claims),
            ("exp", json!("tomorrow"), Refused::Claims),
            ("exp", json!(-1), Refused::Claims),
            ("nbf", json!(NOW + 31), Refused::NotYet),
            ("sub", Value::Null, Refused::Claims),
            ("sub", json!(""), Refused::Claims),
            ("sub", json!("a\u{1b}[31m"), Refused::Claims),
            ("roles", json!(["king"]), Refused::Claims),
            ("roles", json!("admin"), Refused::Claims),
        ] {
            assert_eq!(
                changed(field, value.clone()),
                Err(refused),
                "{field}: {value}"
            );
        }
        for (field, value) in [
            ("aud", json!(["x", AUDIENCE])),
            ("exp", json!(NOW - 29)),
            ("exp", json!(u64::MAX)),
            ("nbf", json!(NOW + 30)),
            ("nbf", Value::Null),
            ("typ", Value::Null),
            ("roles", json!([])),
            ("more", json!({"of": "it"})),
        ] {
            let answer = changed(field, value.clone());
            assert!(answer.is_ok(), "{field}: {value}: {answer:?}");
        }
    }

    #[test]
    fn whatever_is_changed_in_a_token_is_noticed() {
        let good = key(1).sign_parts(&header(), &claims());
        assert!(verifier().verify(&good, now()).is_ok());
        for at in 0..good.len() {
            for other in [b'A', b'Q', b'.', b'=', b'+', b' '] {
                let mut bad = good.clone().into_bytes();
                if bad[at] == other {
                    continue;
                }
                bad[at] = other;
                let bad = String::from_utf8(bad).expect("ASCII");
                assert!(verifier().verify(&bad, now()).is_err(), "{at}: {bad}");
            }
            assert!(
                verifier().verify(&good[..at], now()).is_err(),
                "cut at {at}"
            );
        }
        for more in [" ", "=", "A", ".", ".AAAA", "\0"] {
            assert!(verifier().verify(&format!("{good}{more}"), now()).is_err());
            assert!(verifier().verify(&format!("{more}{good}"), now()).is_err());
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let none = format!(
            "{}.{}.",
            BASE64.encode(r#"{"alg":"none","typ":"JWT"}"#),
            BASE64.encode(claims().to_string())
        );
        assert_eq!(verifier().verify(&none, now()), Err(Refused::Algorithm));
        let doubled = format!(
            r#"{{"alg":"none","alg":"EdDSA","kid":"{}"}}"#,
            key(1).public().id()
        );
        let doubled = format!("{}.e30.AAAA", BASE64.encode(doubled));
        assert_eq!(verifier().verify(&doubled, now()), Err(Refused::Malformed));
        for token in [
            "",
            ".",
            "..",
            "...",
            "a.b",
            "Bearer x",
            "e30.e30.e30",
            "\u{e4}.\u{f6}.\u{fc}",
        ] {
            assert_eq!(
                verifier().verify(token, now()),
                Err(Refused::Malformed),
                "{token}"
            );
        }
        let long = "a".repeat(Verifier::MAX_LENGTH + 1);
        assert_eq!(verifier().verify(&long, now()), Err(Refused::TooLong));
    }
}
