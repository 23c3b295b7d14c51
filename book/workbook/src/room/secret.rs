//! Codes that people type, tokens that programs keep, and how both are compared.

use rand::seq::IndexedRandom as _;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Letters and digits that look like no other on a projector.
const LETTERS: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";
/// How many of them make a code: 900 million codes.
const LENGTH: usize = 6;

/// A new code, as it is shown: `K7M-4QX`.
pub(super) fn code() -> String {
    let mut rng = rand::rng();
    let letters = (0..LENGTH).filter_map(|_| LETTERS.choose(&mut rng).copied());
    let code: String = letters.map(char::from).collect();
    let (first, second) = code.split_at(LENGTH / 2);
    format!("{first}-{second}")
}

/// A new token of 128 bits.
pub(super) fn token() -> String {
    hex(&rand::random::<[u8; 16]>())
}

/// What a room keeps of a token: from it, nobody gets the token back.
pub(super) fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Whether somebody has typed this code; how they write it does not count.
pub(super) fn is_code(code: &str, typed: &str) -> bool {
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(char::is_ascii_alphanumeric);
        kept.map(|c| c.to_ascii_uppercase()).collect()
    };
    same(&plain(code), &plain(typed))
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    let differing = one.iter().zip(&other).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differing) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        for typed in ["K7M-4QX", "k7m4qx", " k7m 4qx "] {
            assert!(is_code("K7M-4QX", typed), "{typed}");
        }
        for typed in ["", "K7M-4Q", "K7M-4QXX", "K7M-4QY"] {
            assert!(!is_code("K7M-4QX", typed), "{typed}");
        }
    }

    #[test]
    fn codes_and_tokens_are_drawn_anew() {
        let codes: BTreeSet<String> = (0..100).map(|_| code()).collect();
        let tokens: BTreeSet<String> = (0..100).map(|_| token()).collect();
        assert!(codes.len() > 95 && tokens.len() == 100);
        let sound = |code: &String| code.len() == 7 && code.as_bytes()[3] == b'-';
        assert!(codes.iter().all(sound), "{codes:?}");
        assert!(tokens.iter().all(|token| token.len() == 32));
    }
}
