//! Keys as JSON Web Keys (RFC 7517; for Ed25519 RFC 8037, for P-256 RFC 7518, section 6.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use crate::key::{Algorithm, BadKey};

#[derive(Serialize, Deserialize)]
pub(crate) struct Jwk {
    kty: String,
    crv: String,
    pub(crate) kid: String,
    #[serde(default)]
    alg: Option<String>,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) d: Option<String>,
    /// Seconds since 1970 at which the key stops to count. Ours; whoever does not know it ignores it.
    #[serde(default, rename = "exp", skip_serializing_if = "Option::is_none")]
    pub(crate) retired_at: Option<u64>,
}

impl Jwk {
    pub(crate) fn new(
        algorithm: Algorithm,
        kid: String,
        x: String,
        y: Option<String>,
        retired_at: Option<u64>,
    ) -> Jwk {
        let (kty, crv) = kind(algorithm);
        Jwk {
            kty: kty.to_owned(),
            crv: crv.to_owned(),
            kid,
            alg: Some(algorithm.name().to_owned()),
            x,
            y,
            d: None,
            retired_at,
        }
    }

    pub(crate) fn read(text: &str) -> Result<Jwk, BadKey> {
        let jwk: Jwk = serde_json::from_str(text).map_err(|_| BadKey::Form)?;
        jwk.algorithm().map(|_| jwk)
    }

    /// That of its curve; if it names one, it must be the same.
    fn algorithm(&self) -> Result<Algorithm, BadKey> {
        let fits = |algorithm: &Algorithm| {
            let named = self.alg.as_deref().unwrap_or(algorithm.name());
            kind(*algorithm) == (self.kty.as_str(), self.crv.as_str()) && named == algorithm.name()
        };
        Algorithm::ALL.into_iter().find(fits).ok_or(BadKey::Kind)
    }

    /// `x` and, on P-256, `y`.
    pub(crate) fn coordinates(&self) -> Result<([u8; 32], Option<[u8; 32]>), BadKey> {
        let x = bytes(&self.x).ok_or(BadKey::Value)?;
        match self.algorithm()? {
            Algorithm::EdDsa => Ok((x, None)),
            Algorithm::Es256 => {
                let y = self.y.as_deref().ok_or(BadKey::Form)?;
                Ok((x, Some(bytes(y).ok_or(BadKey::Value)?)))
            }
        }
    }

    /// The private half.
    pub(crate) fn secret(&self) -> Option<[u8; 32]> {
        self.d.as_deref().and_then(bytes)
    }

    /// What the thumbprint is made of (RFC 7638): the required fields in alphabetical order, without white space.
    pub(crate) fn canonical(&self) -> String {
        let Jwk { kty, crv, x, .. } = self;
        match &self.y {
            None => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"}}"#),
            Some(y) => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#),
        }
    }

    pub(crate) fn text(&self) -> String {
        // Texts always have a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn kind(algorithm: Algorithm) -> (&'static str, &'static str) {
    match algorithm {
        Algorithm::EdDsa => ("OKP", "Ed25519"),
        Algorithm::Es256 => ("EC", "P-256"),
    }
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    BASE64.decode(text).ok()?.try_into().ok()
}
