//! What somebody who has logged in comes back with.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest as _, Sha256};

/// A refresh token: 256 bits that say nothing, and are good for one use.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

/// So that people, and tools that look for secrets where none should be, know one when they see it.
const PREFIX: &str = "refresh_";

impl RefreshToken {
    /// The token made of these bytes, which must be random and secret.
    pub fn of(random: [u8; 32]) -> RefreshToken {
        RefreshToken(random)
    }

    /// The token that this text is, if it is one.
    pub fn parse(text: &str) -> Option<RefreshToken> {
        let bytes = BASE64.decode(text.strip_prefix(PREFIX)?).ok()?;
        bytes.try_into().ok().map(RefreshToken)
    }

    /// As it is given to whom it is for.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(self.0))
    }

    /// What of it is kept: its SHA-256. Nobody guesses 256 bits, so it needs no salt and no slowness.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text_and_is_shown_only_on_purpose() {
        let token = RefreshToken::of([7; 32]);
        let text = token.reveal();
        assert_eq!(RefreshToken::parse(&text), Some(token.clone()));
        assert_ne!(token.hash(), RefreshToken::of([8; 32]).hash());
        assert!(!format!("{token:?}").contains(&text[8..]));
        for bad in [
            "",
            "refresh_",
            "refresh_AAAA",
            &text[1..],
            &format!("{text}A"),
        ] {
            assert_eq!(RefreshToken::parse(bad), None, "{bad}");
        }
    }
}
