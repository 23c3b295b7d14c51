//! Keys and tokens.

use std::path::Path;
use std::time::SystemTime;

use anyhow::Context as _;
use auth::{Claims, SigningKey, files};
use rand::TryRng as _;
use rand::rngs::SysRng;
use user::Roles;

use crate::args::Token;

/// Makes a key of the system's randomness, and says where it is.
pub(crate) fn generate(directory: &Path) -> anyhow::Result<String> {
    let mut seed = [0; 32];
    SysRng
        .try_fill_bytes(&mut seed)
        .context("the system gives no random numbers")?;
    let key = SigningKey::from_seed(seed);
    key.write(directory)?;
    let public = key.public();
    let (private, public) = files::paths(directory, public.id());
    Ok(format!("{}\n{}", private.display(), public.display()))
}

/// The token asked for.
pub(crate) fn token(token: &Token, now: SystemTime) -> anyhow::Result<String> {
    let roles = Roles::of(&token.role);
    let claims = Claims::new(&token.subject, roles, now, token.expires)?;
    let key = SigningKey::read(&token.keys, token.key.as_deref())?;
    Ok(key.sign(&claims))
}
