//! Passwords, and what of them may be kept.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc};
use thiserror::Error;

/// A password as somebody typed it. Nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// What of a password is kept: Argon2id (RFC 9106) with 19 MiB, two passes and one lane, in the PHC string format, which
/// says with what it was made.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// Why something cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadPassword {
    /// It could be guessed.
    #[error("must have at least {} characters", Password::MIN_CHARS)]
    TooShort,
    /// Hashing it would take too long.
    #[error("must have at most {} characters", Password::MAX_CHARS)]
    TooLong,
}

impl Password {
    /// A new password has no fewer characters.
    pub const MIN_CHARS: usize = 12;
    /// No password has more characters.
    pub const MAX_CHARS: usize = 512;

    /// What somebody says is their password.
    ///
    /// # Errors
    /// Nobody's password is that long.
    pub fn given(text: &str) -> Result<Password, BadPassword> {
        if text.chars().count() > Self::MAX_CHARS {
            return Err(BadPassword::TooLong);
        }
        Ok(Password(text.to_owned()))
    }

    /// What is to become somebody's password.
    ///
    /// # Errors
    /// It is too short or too long.
    pub fn new(text: &str) -> Result<Password, BadPassword> {
        if text.chars().count() < Self::MIN_CHARS {
            return Err(BadPassword::TooShort);
        }
        Password::given(text)
    }

    /// What of it is kept. Takes some 20 ms of a CPU and 19 MiB on purpose. The salt must be random.
    pub fn hash(&self, salt: [u8; 16]) -> PasswordHash {
        let hashed = Argon2::default().hash_password_with_salt(self.0.as_bytes(), &salt);
        // The salt and the parameters are in the ranges that Argon2 takes.
        PasswordHash(hashed.expect("fixed sizes").to_string())
    }
}

impl PasswordHash {
    /// What a store has kept.
    pub fn kept(text: String) -> PasswordHash {
        PasswordHash(text)
    }

    /// What nobody's password matches, to be asked where there is no user, so that it takes as long.
    pub fn nobodys() -> PasswordHash {
        PasswordHash(NOBODYS.to_owned())
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it was made of this password. Takes as long as making it, whatever comes out; what cannot be read was made of
    /// none.
    pub fn matches(&self, password: &Password) -> bool {
        phc::PasswordHash::new(&self.0).is_ok_and(|hash| {
            let argon2 = Argon2::default();
            argon2.verify_password(password.0.as_bytes(), &hash).is_ok()
        })
    }
}

/// Parameters as of [`Password::hash`]; salt and hash are bytes of no meaning.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tells_its_password_from_others_and_shows_none() {
        let password = Password::new("correct horse battery").expect("long enough");
        let hash = password.hash([7; 16]);
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hash, password.hash([8; 16]));
        assert!(PasswordHash::kept(hash.as_str().to_owned()).matches(&password));
        let other = Password::given("correct horse").expect("any");
        for (hash, password) in [
            (&hash, &other),
            (&PasswordHash::nobodys(), &password),
            (&PasswordHash::kept(String::new()), &password),
        ] {
            assert!(!hash.matches(password));
        }
        assert!(!format!("{password:?}{hash:?}").contains("horse"));
        assert!(!format!("{hash:?}").contains("argon2"));
        // It takes as long because it can be read and asks for the same work.
        phc::PasswordHash::new(PasswordHash::nobodys().as_str()).expect("a hash");
    }

    #[test]
    fn passwords_are_bounded() {
        assert_eq!(Password::new("short"), Err(BadPassword::TooShort));
        assert_eq!(Password::new(&"x".repeat(513)), Err(BadPassword::TooLong));
        assert_eq!(Password::given(&"x".repeat(513)), Err(BadPassword::TooLong));
        assert!(Password::new(&"\u{e4}".repeat(12)).is_ok());
    }
}
