//! Signatures of events as the Standard Webhooks specification has them (version 1.0.0): HMAC-SHA256 of the event's key,
//! the time of the attempt and the body, with dots between them.

use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What consumers check events with. It is never shown.
#[derive(Clone, Debug)]
pub struct Secret(secret::Secret<Vec<u8>>);

impl Secret {
    /// The secret in a file: 24 to 64 bytes in base64, after `whsec_`.
    ///
    /// # Errors
    /// Names the file and the cause, and repeats nothing of what it holds.
    pub fn read(path: &Path) -> anyhow::Result<Secret> {
        let of = || format!("the secret in {}", path.display());
        let text = std::fs::read_to_string(path).with_context(of)?;
        let text = text.trim();
        let bytes = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text));
        let Ok(bytes) = bytes else {
            anyhow::bail!("{} is no base64", of());
        };
        ensure!(
            (24..=64).contains(&bytes.len()),
            "{} has {} bytes; it must have 24 to 64",
            of(),
            bytes.len()
        );
        Ok(Secret(bytes.into()))
    }

    /// The header `webhook-signature` of an attempt at `seconds` since 1970.
    pub fn sign(&self, key: &str, seconds: u64, body: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose());
        let mut mac = mac.unwrap_or_else(|_| unreachable!("a key of any length will do"));
        mac.update(format!("{key}.{seconds}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The example of the specification's reference libraries.
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        std::fs::write(&path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").expect("written");
        let secret = Secret::read(&path).expect("a secret");
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        for text in ["canary", "", "whsec_Y2FuYXJ5"] {
            std::fs::write(&path, text).expect("written");
            let error = format!("{:#}", Secret::read(&path).expect_err("no secret"));
            assert!(error.contains("secret in") && !error.contains("canary"));
        }
        assert_eq!(format!("{secret:?}"), "Secret(***)");
    }
}
