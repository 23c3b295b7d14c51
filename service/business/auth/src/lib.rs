//! Who is asking: signed tokens, and the keys that they are signed with.
//!
//! A token is a JSON Web Token (RFC 7519) signed with Ed25519 (`EdDSA`, RFC 8037): signatures are
//! small, signing needs no randomness that could fail, and whoever checks tokens holds public keys
//! alone. [`SigningKey`] makes tokens, in the hands of an administrator; [`Verifier`] checks them, in
//! the service.
//!
//! - There is one algorithm. What a token says of its own is compared with it and never followed, and
//!   neither are keys or addresses of keys in its header.
//! - There may be several keys at a time, told apart by their id, so that a new one can be taken into
//!   use before the old one goes: make it, give its public half to every service, sign with it, and
//!   remove the old one when the last of its tokens has expired.
//! - The time and the randomness come from the caller.
//! - No message repeats a token or a key.
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
//! - [`key`]: the two halves of a key
//! - [`files`]: keys in a directory

pub mod claims;
pub mod files;
pub mod key;
pub mod verify;

pub use claims::{BadClaims, Claims};
pub use files::KeyFileError;
pub use key::{BadKey, KeyId, Keys, PublicKey, SigningKey};
pub use verify::{Refused, Verifier};
