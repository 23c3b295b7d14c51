//! What makes a repeated request recognisable.

use std::fmt;
use std::sync::Arc;

use crate::Invalid;

/// A client's own mark for one order, so that sending it twice places it once: 1 to
/// [`IdempotencyKey::MAX_CHARS`] visible ASCII characters. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const MAX_CHARS: usize = 64;

    /// The key with these characters.
    ///
    /// # Errors
    /// It is empty, too long, or holds something else than visible ASCII.
    pub fn new(text: &str) -> Result<IdempotencyKey, Invalid> {
        if text.is_empty() {
            return Err(Invalid::Empty);
        }
        if text.len() > Self::MAX_CHARS {
            return Err(Invalid::TooLong {
                max: Self::MAX_CHARS,
            });
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Invalid::NotVisibleAscii);
        }
        Ok(IdempotencyKey(text.into()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_checked() {
        let long = "x".repeat(65);
        for (text, expected) in [
            ("4b8f-1", Ok("4b8f-1")),
            ("", Err(Invalid::Empty)),
            (long.as_str(), Err(Invalid::TooLong { max: 64 })),
            ("two words", Err(Invalid::NotVisibleAscii)),
            ("k\u{e4}se", Err(Invalid::NotVisibleAscii)),
        ] {
            let key = IdempotencyKey::new(text);
            assert_eq!(
                key.as_ref().map(IdempotencyKey::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }
}
