//! Whether to believe a token.
//!
//! Nothing a token says is looked at before its signature is checked, but for the two fields of its
//! header that are needed for that: the key's id, which must be one of those known, and the algorithm,
//! which must be that key's own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use crate::claims::{AUDIENCE, Claims, ISSUER, Wire, seconds};
use crate::folder::Folder;
use crate::key::{Algorithm, Keys};

/// Checks tokens. Cheap to clone; it changes nothing.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Arc<ArcSwap<Keys>>,
    leeway: Duration,
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
    /// The header names another algorithm than its key's, or none.
    #[error("its header names another algorithm than that of its key")]
    Algorithm,
    /// The header demands something that is not known here.
    #[error("its header has extensions (crit) that are not known here")]
    Extensions,
    /// No key with this id.
    #[error("it is signed with an unknown key")]
    UnknownKey,
    /// The key is retired, and the last of its tokens has expired.
    #[error("it is signed with a key that is retired")]
    RetiredKey,
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
    /// How much the clocks of two machines may differ, unless it is said otherwise.
    pub const LEEWAY: Duration = Duration::from_secs(30);
    /// How much may be said. More would be a second life for expired tokens.
    pub const MAX_LEEWAY: Duration = Duration::from_mins(5);

    /// Believes these keys.
    pub fn new(keys: Keys) -> Verifier {
        Verifier {
            keys: Arc::new(ArcSwap::from_pointee(keys)),
            leeway: Self::LEEWAY,
        }
    }

    /// Believes the keys that are in the folder, as it was last read.
    pub fn following(folder: &Folder) -> Verifier {
        Verifier {
            keys: folder.shared_keys(),
            leeway: Self::LEEWAY,
        }
    }

    /// With another allowance for clocks, at most [`MAX_LEEWAY`](Self::MAX_LEEWAY).
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Verifier {
        self.leeway = leeway.min(Self::MAX_LEEWAY);
        self
    }

    /// What the token says, if it is to be believed at this time.
    ///
    /// # Errors
    /// It is not.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, Refused> {
        if token.len() > Self::MAX_LENGTH {
            return Err(Refused::TooLong);
        }
        let (now, leeway) = (seconds(now), self.leeway.as_secs());
        let claims = self.signed_part(token, now.saturating_sub(leeway))?;
        let claims: Wire = serde_json::from_slice(&claims).map_err(|_| Refused::Claims)?;
        if claims.iss != ISSUER {
            return Err(Refused::Issuer);
        }
        if !claims.aud.has(AUDIENCE) {
            return Err(Refused::Audience);
        }
        if now >= claims.exp.saturating_add(leeway) {
            return Err(Refused::Expired);
        }
        let begins = claims.nbf.unwrap_or_default().max(claims.iat);
        if begins > now.saturating_add(leeway) {
            return Err(Refused::NotYet);
        }
        claims.claims().ok_or(Refused::Claims)
    }

    /// The claims of a token whose signature holds. `past` is a time that is over by every clock.
    fn signed_part(&self, token: &str, past: u64) -> Result<Vec<u8>, Refused> {
        let (message, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Refused::Malformed)?;
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| Refused::Malformed)?;
        if !Algorithm::ALL.iter().any(|alg| alg.name() == header.alg) {
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
        let keys = self.keys.load();
        let key = keys.get(&id).ok_or(Refused::UnknownKey)?;
        if header.alg != key.algorithm().name() {
            return Err(Refused::Algorithm);
        }
        if key.retired_at().is_some_and(|retired| retired <= past) {
            return Err(Refused::RetiredKey);
        }
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
            ("alg", json!("ES256"), Refused::Algorithm),
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
            ("exp", json!(NOW + 86_401), Refused::Claims),
            ("exp", json!(u64::MAX), Refused::Claims),
            ("nbf", json!(NOW + 31), Refused::NotYet),
            ("iat", json!(NOW + 31), Refused::NotYet),
            ("iat", Value::Null, Refused::Claims),
            ("jti", json!(""), Refused::Claims),
            ("jti", json!("a b"), Refused::Claims),
            ("jti", json!("x".repeat(65)), Refused::Claims),
            ("sid", json!("seven"), Refused::Claims),
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
            ("exp", json!(NOW + 86_400)),
            ("nbf", json!(NOW + 30)),
            ("iat", json!(NOW + 30)),
            ("jti", json!("a-token")),
            ("sid", json!("7")),
            ("nbf", Value::Null),
            ("typ", Value::Null),
            ("roles", json!([])),
            ("more", json!({"of": "it"})),
        ] {
            let answer = changed(field, value.clone());
            assert!(answer.is_ok(), "{field}: {value}: {answer:?}");
        }
    }

    /// RFC 8725, section 2.1: whoever verifies with "the key" whatever the header says can be made to take a public key
    /// for a shared secret, or one curve's key for another's.
    #[test]
    fn the_algorithm_is_the_keys_and_never_the_tokens() {
        let es256 = SigningKey::generate(Algorithm::Es256, [1; 32]).expect("a key");
        let verifier = Verifier::new(Keys::of([key(1).public(), es256.public()]));
        let kid = |key: &SigningKey| key.public().id().as_str().to_owned();
        for (signer, named, alg, expected) in [
            (&es256, &es256, "ES256", None),
            (&key(1), &key(1), "EdDSA", None),
            (&es256, &key(1), "ES256", Some(Refused::Algorithm)),
            (&es256, &es256, "EdDSA", Some(Refused::Algorithm)),
            (&key(1), &es256, "EdDSA", Some(Refused::Algorithm)),
            (&key(1), &es256, "ES256", Some(Refused::Signature)),
            (&es256, &key(1), "EdDSA", Some(Refused::Signature)),
        ] {
            let header = json!({"alg": alg, "kid": kid(named), "typ": "JWT"});
            let token = signer.sign_parts(&header, &claims());
            let refused = verifier.verify(&token, now()).err();
            assert_eq!(refused, expected, "{alg} {named:?}");
        }
        for secret in [key(1).public().to_jwk(), es256.public().to_jwk()] {
            let header = json!({"alg": "HS256", "kid": kid(&key(1)), "typ": "JWT"});
            let message = format!(
                "{}.{}",
                BASE64.encode(header.to_string()),
                BASE64.encode(claims().to_string())
            );
            let signature = hmac(secret.as_bytes(), message.as_bytes());
            let token = format!("{message}.{}", BASE64.encode(signature));
            assert_eq!(verifier.verify(&token, now()), Err(Refused::Algorithm));
        }
    }

    /// HMAC-SHA-256 (RFC 2104), as an attacker has it at hand.
    fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
        use sha2::{Digest as _, Sha256};
        let mut block = [0_u8; 64];
        block[..32].copy_from_slice(&Sha256::digest(secret));
        let pad = |with: u8| block.map(|byte| byte ^ with);
        let inner = Sha256::new_with_prefix(pad(0x36)).chain_update(message);
        let outer = Sha256::new_with_prefix(pad(0x5c)).chain_update(inner.finalize());
        outer.finalize().to_vec()
    }

    #[test]
    fn the_clocks_allowance_is_a_setting_with_an_end() {
        let token = key(1).sign_parts(&header(), &claims());
        let at = |leeway: u64, offset: i64| {
            let verifier = verifier().with_leeway(Duration::from_secs(leeway));
            let now = UNIX_EPOCH + Duration::from_secs(NOW.saturating_add_signed(offset));
            verifier.verify(&token, now).err()
        };
        for (leeway, offset, expected) in [
            (0, -1, Some(Refused::NotYet)),
            (0, 0, None),
            (0, 59, None),
            (0, 60, Some(Refused::Expired)),
            (10, -11, Some(Refused::NotYet)),
            (10, -10, None),
            (10, 69, None),
            (10, 70, Some(Refused::Expired)),
            // No more than five minutes, whatever is asked for.
            (86_400, 60 + 299, None),
            (86_400, 60 + 300, Some(Refused::Expired)),
        ] {
            assert_eq!(at(leeway, offset), expected, "{leeway} {offset}");
        }
    }

    #[test]
    fn a_retired_key_counts_until_its_tokens_are_over() {
        let token = key(1).sign_parts(&header(), &claims());
        for after in [0, 30, 90] {
            let retired = key(1)
                .public()
                .retire(UNIX_EPOCH + Duration::from_secs(NOW - 30 + after + 1));
            let verifier = Verifier::new(Keys::of([retired]));
            assert_eq!(verifier.verify(&token, now()).err(), None);
        }
        let retired = key(1)
            .public()
            .retire(UNIX_EPOCH + Duration::from_secs(NOW - 30));
        let verifier = Verifier::new(Keys::of([retired]));
        assert_eq!(verifier.verify(&token, now()), Err(Refused::RetiredKey));
    }

    #[test]
    fn whatever_is_changed_in_a_token_is_noticed() {
        let es256 = SigningKey::generate(Algorithm::Es256, [9; 32]).expect("a key");
        let claims = Claims::new("ada", Roles::default(), now(), Duration::from_mins(1));
        let claims = claims.expect("sensible").with_id([7; 16]).in_session(3);
        for key in [key(1), es256] {
            let verifier = Verifier::new(Keys::of([key.public()]));
            let good = key.sign(&claims);
            assert_eq!(verifier.verify(&good, now()), Ok(claims.clone()));
            changes_are_noticed(&verifier, &good);
        }
    }

    fn changes_are_noticed(verifier: &Verifier, good: &str) {
        for at in 0..good.len() {
            for other in [b'A', b'Q', b'.', b'=', b'+', b' '] {
                let mut bad = good.to_owned().into_bytes();
                if bad[at] == other {
                    continue;
                }
                bad[at] = other;
                let bad = String::from_utf8(bad).expect("ASCII");
                let answer = verifier.verify(&bad, now());
                assert!(answer.is_err(), "{at}: {bad}");
            }
            assert!(verifier.verify(&good[..at], now()).is_err(), "cut at {at}");
        }
        for more in [" ", "=", "A", ".", ".AAAA", "\0"] {
            assert!(verifier.verify(&format!("{good}{more}"), now()).is_err());
            assert!(verifier.verify(&format!("{more}{good}"), now()).is_err());
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
