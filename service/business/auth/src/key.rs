//! The two halves of a key, and their form as JSON Web Keys (RFC 7517, RFC 8037).

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::claims::Claims;

/// Tells keys apart: the beginning of the key's thumbprint (RFC 7638), in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// As it stands in tokens and in names of files.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The half that signs. Its memory is wiped when it is dropped.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
}

/// The half that checks signatures. It is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: VerifyingKey,
}

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    /// It is not JSON, or lacks a field.
    #[error("it is not a JSON Web Key of the kind OKP with the fields kty, crv, x and kid")]
    Form,
    /// It is a key for something else.
    #[error("it is not an Ed25519 key (kty OKP, crv Ed25519)")]
    Kind,
    /// It is no point of the curve, or one that anybody can sign for.
    #[error("its field x does not hold a usable Ed25519 key")]
    Value,
    /// The field `kid` is not that of the key.
    #[error("its field kid is not the key's own: another key's file was changed, or mixed up")]
    Id,
    /// The half that signs is missing, or belongs to another key.
    #[error("its field d does not hold the private half of x")]
    Private,
}

impl SigningKey {
    /// The key made of these bytes, which must be random and secret.
    pub fn from_seed(seed: [u8; 32]) -> SigningKey {
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        let public = PublicKey::new(key.verifying_key());
        SigningKey { key, public }
    }

    /// The half to check signatures with.
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// A token that makes these claims.
    pub fn sign(&self, claims: &Claims) -> String {
        let header = serde_json::json!({"alg": ALGORITHM, "kid": self.public.id.0, "typ": "JWT"});
        self.sign_parts(&header, &claims.wire())
    }

    /// A token of any header and any claims.
    pub(crate) fn sign_parts(&self, header: &impl Serialize, claims: &impl Serialize) -> String {
        // Values made of texts, numbers and lists always have a JSON form.
        let part = |value| BASE64.encode(serde_json::to_vec(value).unwrap_or_default());
        let header = serde_json::to_value(header).unwrap_or_default();
        let claims = serde_json::to_value(claims).unwrap_or_default();
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", BASE64.encode(signature.to_bytes()))
    }

    /// Both halves as a JSON Web Key: a secret.
    pub fn to_secret_jwk(&self) -> String {
        let mut jwk = self.public.jwk();
        jwk.d = Some(BASE64.encode(self.key.to_bytes()));
        jwk.text()
    }

    /// The key in a JSON Web Key with both halves.
    ///
    /// # Errors
    /// It is not one.
    pub fn from_secret_jwk(text: &str) -> Result<SigningKey, BadKey> {
        let jwk = Jwk::read(text)?;
        let public = jwk.public()?;
        let seed = jwk.d.as_deref().and_then(bytes);
        let key = SigningKey::from_seed(seed.ok_or(BadKey::Private)?);
        if key.public == public {
            Ok(key)
        } else {
            Err(BadKey::Private)
        }
    }
}

/// Without what is secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

impl PublicKey {
    fn new(key: VerifyingKey) -> PublicKey {
        // RFC 7638: the required fields in alphabetical order, without white space.
        let x = BASE64.encode(key.as_bytes());
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let thumbprint = Sha256::digest(canonical);
        let id = thumbprint.iter().take(8).map(|byte| format!("{byte:02x}"));
        PublicKey {
            id: KeyId(id.collect()),
            key,
        }
    }

    /// Which key it is.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key as a JSON Web Key.
    pub fn to_jwk(&self) -> String {
        self.jwk().text()
    }

    /// The key in a JSON Web Key. If that holds the private half too, it is left alone.
    ///
    /// # Errors
    /// It is not one.
    pub fn from_jwk(text: &str) -> Result<PublicKey, BadKey> {
        Jwk::read(text)?.public()
    }

    /// Whether the signature is this key's, of this message. Strict: there is one signature for each
    /// message and key that is taken.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.key.verify_strict(message, &signature).is_ok()
    }

    fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            kid: self.id.0.clone(),
            alg: Some(ALGORITHM.to_owned()),
            x: BASE64.encode(self.key.as_bytes()),
            d: None,
        }
    }
}

/// The one algorithm, as tokens and keys call it.
pub(crate) const ALGORITHM: &str = "EdDSA";

#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    kid: String,
    #[serde(default)]
    alg: Option<String>,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
}

impl Jwk {
    fn read(text: &str) -> Result<Jwk, BadKey> {
        let jwk: Jwk = serde_json::from_str(text).map_err(|_| BadKey::Form)?;
        let alg = jwk.alg.as_deref().unwrap_or(ALGORITHM);
        if jwk.kty != "OKP" || jwk.crv != "Ed25519" || alg != ALGORITHM {
            return Err(BadKey::Kind);
        }
        Ok(jwk)
    }

    fn public(&self) -> Result<PublicKey, BadKey> {
        let x = bytes(&self.x).ok_or(BadKey::Value)?;
        let key = VerifyingKey::from_bytes(&x).map_err(|_| BadKey::Value)?;
        if key.is_weak() {
            return Err(BadKey::Value);
        }
        let key = PublicKey::new(key);
        if key.id.0 == self.kid {
            Ok(key)
        } else {
            Err(BadKey::Id)
        }
    }

    fn text(&self) -> String {
        // Texts always have a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

/// The keys whose signatures count.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    by_id: BTreeMap<String, PublicKey>,
}

impl Keys {
    /// These.
    pub fn of(keys: impl IntoIterator<Item = PublicKey>) -> Keys {
        let by_id = keys.into_iter().map(|key| (key.id.0.clone(), key));
        Keys {
            by_id: by_id.collect(),
        }
    }

    /// The ids of the keys.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.by_id.values().map(PublicKey::id)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&PublicKey> {
        self.by_id.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, appendix A.
    fn example() -> SigningKey {
        SigningKey::from_seed(
            bytes("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("32 bytes"),
        )
    }

    #[test]
    fn the_examples_of_rfc_8037_come_out() {
        let key = example();
        assert_eq!(
            key.public.jwk().x,
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        );
        let thumbprint = BASE64.decode("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let thumbprint = thumbprint.expect("base64");
        let start = thumbprint.first_chunk().copied().expect("32 bytes");
        let start = format!("{:016x}", u64::from_be_bytes(start));
        assert_eq!(key.public.id().as_str(), start);
        let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key.key.sign(message.as_bytes());
        assert_eq!(
            BASE64.encode(signature.to_bytes()),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn keys_survive_their_text() {
        let key = example();
        let again = SigningKey::from_secret_jwk(&key.to_secret_jwk()).expect("our own");
        assert_eq!(again.public, key.public);
        assert_eq!(PublicKey::from_jwk(&key.public.to_jwk()), Ok(key.public()));
        assert!(!key.public.to_jwk().contains("\"d\""));
        assert!(!format!("{key:?}").contains("nWGx"));
    }

    #[test]
    fn what_is_not_a_key_of_ours_is_refused() {
        let good = example().to_secret_jwk();
        // The identity point: anybody can sign for it.
        let weak = BASE64.encode([1_u8].iter().chain(&[0; 31]).copied().collect::<Vec<_>>());
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        for (from, to, cause) in [
            ("{", "", BadKey::Form),
            ("\"x\"", "\"y\"", BadKey::Form),
            ("Ed25519", "X25519", BadKey::Kind),
            ("OKP", "oct", BadKey::Kind),
            ("EdDSA", "HS256", BadKey::Kind),
            (x, "AAAA", BadKey::Value),
            (x, weak.as_str(), BadKey::Value),
            (
                example().public.id().as_str(),
                "0123456789abcdef",
                BadKey::Id,
            ),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_eq!(PublicKey::from_jwk(&bad), Err(cause), "{bad}");
            assert_eq!(
                SigningKey::from_secret_jwk(&bad).err(),
                Some(cause),
                "{bad}"
            );
        }
        let other = good.replace("nWGx", "nWGy");
        assert_eq!(
            SigningKey::from_secret_jwk(&other).err(),
            Some(BadKey::Private)
        );
        let public = example().public.to_jwk();
        assert_eq!(
            SigningKey::from_secret_jwk(&public).err(),
            Some(BadKey::Private)
        );
    }
}
