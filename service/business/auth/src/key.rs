//! The two halves of a key, and what is signed and checked with them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa as es256;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::claims::{Claims, seconds};
use crate::jwk::Jwk;

/// What a key signs with. It belongs to the key: what a token says of it is compared with the key's and never followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA on the curve P-256 with SHA-256 (RFC 7518, section 3.4).
    Es256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 2] = [Algorithm::EdDsa, Algorithm::Es256];

    /// As tokens and keys call it (`alg`).
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::EdDsa => "EdDSA",
            Algorithm::Es256 => "ES256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Tells keys apart: the beginning of the key's thumbprint (RFC 7638), in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub(crate) String);

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
    secret: Secret,
    public: PublicKey,
}

enum Secret {
    EdDsa(ed25519_dalek::SigningKey),
    Es256(es256::SigningKey),
}

/// The half that checks signatures. It is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    point: Point,
    /// Seconds since 1970 at which it stops to count, once it is retired.
    retired_at: Option<u64>,
}

#[derive(Clone, PartialEq, Eq)]
enum Point {
    EdDsa(ed25519_dalek::VerifyingKey),
    Es256(es256::VerifyingKey),
}

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    /// It is not JSON, or lacks a field.
    #[error("it is not a JSON Web Key with the fields kty, crv, x, kid and, for kty EC, y")]
    Form,
    /// It is a key for something else.
    #[error(
        "it is neither an Ed25519 key (kty OKP, alg EdDSA) nor a P-256 key (kty EC, alg ES256)"
    )]
    Kind,
    /// It is no point of the curve, or one that anybody can sign for.
    #[error("its fields x and y do not hold a usable key")]
    Value,
    /// The field `kid` is not that of the key.
    #[error("its field kid is not the key's own: another key's file was changed, or mixed up")]
    Id,
    /// The half that signs is missing, or belongs to another key.
    #[error("its field d does not hold the private half of x")]
    Private,
}

impl SigningKey {
    /// The Ed25519 key made of these bytes, which must be random and secret.
    pub fn from_seed(seed: [u8; 32]) -> SigningKey {
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        let public = PublicKey::new(Point::EdDsa(key.verifying_key()));
        SigningKey {
            secret: Secret::EdDsa(key),
            public,
        }
    }

    /// The key of this algorithm made of these bytes, which must be random and secret.
    ///
    /// # Errors
    /// [`BadKey::Value`]: for ES256, one seed in four thousand million is no key; take another.
    pub fn generate(algorithm: Algorithm, seed: [u8; 32]) -> Result<SigningKey, BadKey> {
        match algorithm {
            Algorithm::EdDsa => Ok(SigningKey::from_seed(seed)),
            Algorithm::Es256 => {
                let key = es256::SigningKey::from_slice(&seed).map_err(|_| BadKey::Value)?;
                let public = PublicKey::new(Point::Es256(*key.verifying_key()));
                Ok(SigningKey {
                    secret: Secret::Es256(key),
                    public,
                })
            }
        }
    }

    /// The half to check signatures with.
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// A token that makes these claims.
    pub fn sign(&self, claims: &Claims) -> String {
        let header = serde_json::json!({
            "alg": self.public.algorithm().name(),
            "kid": self.public.id.0,
            "typ": "JWT",
        });
        self.sign_parts(&header, &claims.wire())
    }

    /// A token of any header and any claims.
    pub(crate) fn sign_parts(&self, header: &impl Serialize, claims: &impl Serialize) -> String {
        // Values made of texts, numbers and lists always have a JSON form.
        let part = |value| BASE64.encode(serde_json::to_vec(value).unwrap_or_default());
        let header = serde_json::to_value(header).unwrap_or_default();
        let claims = serde_json::to_value(claims).unwrap_or_default();
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = BASE64.encode(self.signature(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// Neither algorithm needs randomness here: EdDSA by design, ECDSA as RFC 6979 has it.
    pub(crate) fn signature(&self, message: &[u8]) -> [u8; 64] {
        match &self.secret {
            Secret::EdDsa(key) => ed25519_dalek::Signer::sign(key, message).to_bytes(),
            Secret::Es256(key) => {
                let signature: es256::Signature = es256::signature::Signer::sign(key, message);
                signature.to_bytes().into()
            }
        }
    }

    /// Both halves as a JSON Web Key: a secret.
    pub fn to_secret_jwk(&self) -> String {
        let secret: [u8; 32] = match &self.secret {
            Secret::EdDsa(key) => key.to_bytes(),
            Secret::Es256(key) => key.to_bytes().into(),
        };
        let mut jwk = self.public.jwk();
        jwk.d = Some(BASE64.encode(secret));
        jwk.text()
    }

    /// The key in a JSON Web Key with both halves.
    ///
    /// # Errors
    /// It is not one.
    pub fn from_secret_jwk(text: &str) -> Result<SigningKey, BadKey> {
        let jwk = Jwk::read(text)?;
        let public = PublicKey::of(&jwk)?;
        let seed = jwk.secret().ok_or(BadKey::Private)?;
        let key = SigningKey::generate(public.algorithm(), seed).map_err(|_| BadKey::Private)?;
        if key.public.point == public.point {
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
    fn new(point: Point) -> PublicKey {
        let mut key = PublicKey {
            id: KeyId(String::new()),
            point,
            retired_at: None,
        };
        let thumbprint = Sha256::digest(key.jwk().canonical());
        let id = thumbprint.iter().take(8).map(|byte| format!("{byte:02x}"));
        key.id = KeyId(id.collect());
        key
    }

    pub(crate) fn of(jwk: &Jwk) -> Result<PublicKey, BadKey> {
        let (x, y) = jwk.coordinates()?;
        let point = match y {
            None => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(&x).map_err(|_| BadKey::Value)?;
                if key.is_weak() {
                    return Err(BadKey::Value);
                }
                Point::EdDsa(key)
            }
            Some(y) => {
                let mut point = vec![UNCOMPRESSED];
                point.extend(x);
                point.extend(y);
                // The point at infinity is none of these, and the curve has no other weak ones.
                let key = es256::VerifyingKey::from_sec1_bytes(&point);
                Point::Es256(key.map_err(|_| BadKey::Value)?)
            }
        };
        let mut key = PublicKey::new(point);
        if key.id.0 != jwk.kid {
            return Err(BadKey::Id);
        }
        key.retired_at = jwk.retired_at;
        Ok(key)
    }

    /// Which key it is.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self.point {
            Point::EdDsa(_) => Algorithm::EdDsa,
            Point::Es256(_) => Algorithm::Es256,
        }
    }

    /// The same key, which stops to count at this time.
    #[must_use]
    pub fn retire(mut self, at: SystemTime) -> PublicKey {
        self.retired_at = Some(seconds(at));
        self
    }

    /// Seconds since 1970 at which it stops to count; `None` unless it is retired.
    pub fn retired_at(&self) -> Option<u64> {
        self.retired_at
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
        PublicKey::of(&Jwk::read(text)?)
    }

    /// Whether the signature is this key's, of this message. For EdDSA, strict: there is one signature for each message and
    /// key that is taken.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        match &self.point {
            Point::EdDsa(key) => {
                let signature = ed25519_dalek::Signature::from_bytes(signature);
                key.verify_strict(message, &signature).is_ok()
            }
            Point::Es256(key) => {
                let signature = es256::Signature::from_slice(signature);
                signature.is_ok_and(|signature| {
                    es256::signature::Verifier::verify(key, message, &signature).is_ok()
                })
            }
        }
    }

    fn jwk(&self) -> Jwk {
        let (x, y) = match &self.point {
            Point::EdDsa(key) => (BASE64.encode(key.as_bytes()), None),
            Point::Es256(key) => {
                let point = key.to_sec1_point(false);
                // After the mark of its form, two coordinates of 32 bytes.
                let (x, y) = point.as_bytes().split_at(1).1.split_at(32);
                (BASE64.encode(x), Some(BASE64.encode(y)))
            }
        };
        Jwk::new(self.algorithm(), self.id.0.clone(), x, y, self.retired_at)
    }
}

/// The mark of a point with both coordinates (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// The keys whose signatures count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
        self.iter().map(PublicKey::id)
    }

    /// The keys, by their ids.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.by_id.values()
    }

    /// The key with this id.
    pub fn get(&self, id: &str) -> Option<&PublicKey> {
        self.by_id.get(id)
    }
}

#[cfg(test)]
mod tests;
