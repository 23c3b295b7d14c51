#![doc = include_str!("../README.md")]

pub mod mask;

use std::fmt;

use serde::{Serialize, Serializer};
use zeroize::Zeroize;

/// What stands for a secret wherever one would be shown.
pub const MASK: &str = "***";

/// A value that is never shown. There is no comparison: one that takes longer the more is right gives the secret away.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Keeps the value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T: Zeroize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize)]
    struct Settings {
        user: &'static str,
        password: Secret<String>,
        keys: Vec<Secret<[u8; 4]>>,
    }

    #[test]
    fn whatever_shows_it_shows_the_mask() {
        let settings = Settings {
            user: "sales",
            password: Secret::from("canary".to_owned()),
            keys: vec![Secret::new(*b"cana")],
        };
        let json = serde_json::to_string(&settings).expect("it is JSON");
        assert_eq!(
            json,
            "{\"user\":\"sales\",\"password\":\"***\",\"keys\":[\"***\"]}"
        );
        let debug = format!("{settings:?} {settings:#?}");
        assert!(
            debug.contains("***") && !debug.contains("cana") && !debug.contains("99"),
            "{debug}"
        );
        assert_eq!(
            format!("{:>9}|{:?}", settings.password, settings.password),
            "***|***"
        );
        assert_eq!(settings.password.clone().expose(), "canary");
    }
}
