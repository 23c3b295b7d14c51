//! Short texts that need no memory of their own: every request has some.

use std::fmt;

/// At most `N` bytes of ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Short<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

/// Both digits of each byte.
const HEX: [[u8; 2]; 256] = {
    let (digits, mut pairs) = (b"0123456789abcdef", [[0; 2]; 256]);
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

impl<const N: usize> Short<N> {
    /// No text.
    pub const EMPTY: Self = Self {
        bytes: [0; N],
        len: 0,
    };

    /// `None` if it is too long or no ASCII.
    pub fn new(text: &str) -> Option<Self> {
        let mut short = Self::EMPTY;
        let fits = text.is_ascii() && text.len() <= N && N <= u8::MAX.into();
        fits.then(|| {
            short.bytes[..text.len()].copy_from_slice(text.as_bytes());
            short.len = text.len() as u8;
            short
        })
    }

    /// One more character, if it fits and is ASCII.
    pub fn push(&mut self, character: u8) {
        let at = usize::from(self.len);
        if at < N && at < u8::MAX.into() && character.is_ascii() {
            self.bytes[at] = character;
            self.len += 1;
        }
    }

    /// So many digits of a number, the lowest ones, in lower-case hexadecimal.
    pub fn push_hex(&mut self, number: u64, digits: usize) {
        let mut text = [b'0'; 16];
        for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(number.to_be_bytes()) {
            *pair = HEX[usize::from(byte)];
        }
        (text.len()..digits).for_each(|_| self.push(b'0'));
        let from = text.len().saturating_sub(digits);
        let at = usize::from(self.len);
        // What does not fit is left out, as of all that is pushed.
        let len = (text.len() - from).min(N.min(u8::MAX.into()) - at);
        self.bytes[at..at + len].copy_from_slice(&text[from..from + len]);
        self.len += len as u8;
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl<const N: usize> fmt::Debug for Short<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for Short<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept() {
        let mut short = Short::<6>::new("ab").expect("it fits");
        short.push_hex(0xfff0_0c2f, 3);
        assert_eq!(short.as_str(), "abc2f");
        short.push(0xc3);
        short.push(b'-');
        short.push(b'!');
        assert_eq!(short.to_string(), "abc2f-");
        assert_eq!(Short::<3>::new("four"), None);
        assert_eq!(Short::<3>::new("ü"), None);
        let mut wide = Short::<20>::EMPTY;
        wide.push_hex(0xab, 18);
        assert_eq!(wide.as_str(), "0000000000000000ab");
    }
}
