//! Checks signatures as the Standard Webhooks specification has them (version 1.0.0).

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;

/// How old a signature may be, and how far ahead of this clock.
const TOLERANCE: Duration = Duration::from_mins(5);

/// What events must be signed with. It is never shown.
#[derive(Debug)]
pub struct Secret(secret::Secret<Vec<u8>>);

impl Secret {
    /// The secret in a file: base64, after `whsec_`.
    ///
    /// # Errors
    /// Names the file, and repeats nothing of it.
    pub fn read(path: &Path) -> anyhow::Result<Secret> {
        let of = || format!("the secret in {}", path.display());
        let text = std::fs::read_to_string(path).with_context(of)?;
        let text = text.trim();
        match STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)) {
            Ok(bytes) => Ok(Secret(bytes.into())),
            Err(_) => anyhow::bail!("{} is no base64", of()),
        }
    }

    /// Whether this request carries a signature of now.
    ///
    /// # Errors
    /// It does not; what is wrong.
    pub fn check(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<(), &'static str> {
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.ok_or("a signature needs webhook-id, -timestamp and -signature")
        };
        let (id, time) = (text("webhook-id")?, text("webhook-timestamp")?);
        let signed = time
            .parse()
            .ok()
            .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
            .ok_or("webhook-timestamp must be seconds since 1970")?;
        let apart = now.duration_since(signed).or(signed.duration_since(now));
        if apart.is_ok_and(|apart| apart > TOLERANCE) {
            return Err("the signature is not of now");
        }
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose());
        let mut mac = mac.map_err(|_| "the secret cannot be used")?;
        mac.update(format!("{id}.{time}.").as_bytes());
        mac.update(body);
        // Several, while secrets are changed.
        let signatures = text("webhook-signature")?.split(' ');
        let mut ours = signatures
            .filter_map(|signature| signature.strip_prefix("v1,"))
            .filter_map(|signature| STANDARD.decode(signature).ok());
        if ours.any(|signature| mac.clone().verify_slice(&signature).is_ok()) {
            Ok(())
        } else {
            Err("the signature is not that of the secret")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fresh_signature_of_the_very_body_will_do() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        std::fs::write(&path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").expect("written");
        let secret = Secret::read(&path).expect("a secret");
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,bm9uc2Vuc2U= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            headers.insert(name, value.parse().expect("a value"));
        }
        let body = br#"{"test": 2432232314}"#;
        let then = UNIX_EPOCH + Duration::from_secs(1_614_265_330);
        assert_eq!(secret.check(&headers, body, then), Ok(()));
        assert!(secret.check(&headers, b"{}", then).is_err());
        for apart in [then + 2 * TOLERANCE, then - 2 * TOLERANCE] {
            assert!(secret.check(&headers, body, apart).is_err());
        }
        headers.remove("webhook-signature");
        assert!(secret.check(&headers, body, then).is_err());
    }
}
