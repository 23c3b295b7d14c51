//! Who is asking: signed tokens, and the keys that they are signed with.
//!
//! A token is a JSON Web Token (RFC 7519) signed with Ed25519 (`EdDSA`, RFC 8037) or on P-256 (`ES256`,
//! RFC 7518), as the best practice of RFC 8725 has it. [`SigningKey`] makes tokens, in the hands of an
//! administrator or of a service in which people log in; [`Verifier`] checks them with public keys alone.
//!
//! - Each key has one algorithm. What a token says of its own is compared with it and never followed, and
//!   neither are keys or addresses of keys in its header.
//! - There may be several keys at a time, told apart by their id, so that a new one can be taken into
//!   use before the old one goes; a [`Folder`] is read again and again while the service runs.
//! - Tokens are short-lived. Who wants to stay comes back with a [`RefreshToken`], of which a store needs
//!   the hash alone; so it does of a [`Password`].
//! - The time and the randomness come from the caller.
//! - No message repeats a token, a password or a key, and no `Debug` shows one.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use auth::{Claims, Keys, Refused, SigningKey, Verifier};
//! use user::{Role, Roles};
//!
//! let key = SigningKey::from_seed([7; 32]); // random, outside of examples
//! let now = SystemTime::now();
//! let claims = Claims::new("ada", Roles::of(&[Role::Staff]), now, Duration::from_secs(60))?;
//! let token = key.sign(&claims);
//!
//! let verifier = Verifier::new(Keys::of([key.public()]));
//! assert_eq!(verifier.verify(&token, now)?.subject(), "ada");
//! let later = now + Duration::from_secs(3600);
//! assert!(matches!(verifier.verify(&token, later), Err(Refused::Expired)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Layout:
//! - [`claims`]: what a token says
//! - [`verify`]: whether to believe it
//! - [`key`]: the two halves of a key; `jwk`, their form in files
//! - [`files`]: keys in a directory, and what can be done with them there
//! - [`folder`]: the same directory while a service runs
//! - [`password`], [`refresh`]: what people log in with, and come back with

pub mod claims;
pub mod files;
pub mod folder;
mod jwk;
pub mod key;
pub mod password;
pub mod refresh;
pub mod verify;

pub use claims::{BadClaims, Claims};
pub use files::KeyFileError;
pub use folder::Folder;
pub use key::{Algorithm, BadKey, KeyId, Keys, PublicKey, SigningKey};
pub use password::{BadPassword, Password, PasswordHash};
pub use refresh::RefreshToken;
pub use verify::{Refused, Verifier};
