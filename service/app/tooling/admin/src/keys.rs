//! Keys and tokens.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use auth::{Algorithm, Claims, KeyId, SigningKey, files};
use rand::TryRng as _;
use rand::rngs::SysRng;
use user::Roles;

use crate::args::{Alg, Keys, NewKey, Token};

/// Every service has read its directory again by then.
const KNOWN_AFTER: Duration = Duration::from_secs(5);

/// Does it, and says what was done.
pub(crate) fn run(command: &Keys, now: SystemTime) -> anyhow::Result<String> {
    match command {
        Keys::Add(new) => add(new),
        Keys::Use {
            keys,
            id,
            now: at_once,
        } => {
            if !at_once {
                check_known(&keys.path, id, now)?;
            }
            files::make_current(&keys.path, id)?;
            Ok(format!("{id} is in use"))
        }
        Keys::Retire { keys, id, after } => {
            let until = now.checked_add(*after);
            files::retire(&keys.path, id, until.context("--after is too long")?)?;
            let after = humantime::format_duration(*after);
            Ok(format!("{id} signs no more, and counts for {after}"))
        }
        Keys::List { keys } => list(&keys.path),
        Keys::Prune { keys } => {
            let gone = files::prune(&keys.path, now)?;
            let gone: Vec<_> = gone.iter().map(KeyId::as_str).collect();
            Ok(format!("removed {}: {}", gone.len(), gone.join(" ")))
        }
    }
}

/// Makes a key of the system's randomness, and says where it is.
pub(crate) fn add(new: &NewKey) -> anyhow::Result<String> {
    let algorithm = match new.alg {
        Alg::Eddsa => Algorithm::EdDsa,
        Alg::Es256 => Algorithm::Es256,
    };
    let directory = &new.keys.path;
    let key = SigningKey::generate(algorithm, random()?)?;
    key.write(directory)?;
    let public = key.public();
    let is_only = SigningKey::read(directory, None).is_ok_and(|only| only.public() == public);
    if is_only {
        files::make_current(directory, public.id().as_str())?;
    }
    let (private, public) = files::paths(directory, public.id());
    Ok(format!("{}\n{}", private.display(), public.display()))
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .context("the system gives no random numbers")?;
    Ok(bytes)
}

/// Refuses a key that was made a moment ago: a service that does not know it would turn its tokens away.
fn check_known(directory: &Path, id: &str, now: SystemTime) -> anyhow::Result<()> {
    let public = directory.join(format!("{id}.public.jwk"));
    let made = public.metadata().and_then(|about| about.modified());
    let made = made.with_context(|| format!("cannot read {}", public.display()))?;
    let age = now.duration_since(made).unwrap_or_default();
    if age < KNOWN_AFTER {
        bail!(
            "{id} was made {} s ago, and services may not know it yet: wait until {} s have gone by, or say --now",
            age.as_secs(),
            KNOWN_AFTER.as_secs()
        );
    }
    Ok(())
}

fn list(directory: &Path) -> anyhow::Result<String> {
    let keys = auth::Keys::read(directory)?;
    let current = files::current(directory)?;
    let line = |key: &auth::PublicKey| {
        let id = key.id();
        let (private, _) = files::paths(directory, id);
        let what = match key.retired_at() {
            Some(at) => format!("retired, counts until {}", moment(at)),
            None if current.as_deref() == Some(id.as_str()) => "in use".to_owned(),
            None if private.exists() => "can be used".to_owned(),
            None => "counts, its private half is elsewhere".to_owned(),
        };
        format!("{id} {} {what}", key.algorithm())
    };
    Ok(keys.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// A time in seconds since 1970 as people read it.
fn moment(seconds: u64) -> String {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let mut text = String::new();
    match at {
        Some(at) if write!(text, "{}", humantime::format_rfc3339_seconds(at)).is_ok() => text,
        // The notation ends there; `--after` and a key's file may go on.
        _ => "after the year 9999".to_owned(),
    }
}

/// The token asked for.
pub(crate) fn token(token: &Token, now: SystemTime) -> anyhow::Result<String> {
    let roles = Roles::of(&token.role);
    let claims = Claims::new(&token.subject, roles, now, token.expires)?;
    let key = SigningKey::read(&token.keys, token.key.as_deref())?;
    Ok(key.sign(&claims.with_id(random()?)))
}
