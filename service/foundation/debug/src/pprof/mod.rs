//! What is under `/debug/pprof/`.

pub(crate) mod asked;
mod catalogue;
pub(crate) mod cpu;
mod index;
pub(crate) mod snapshot;
mod source;
pub(crate) mod symbol;
mod text;

use axum::extract::State;
use axum::response::Response;
use profile::Profile;

pub(crate) use catalogue::{CATALOGUE, Entry, Kind, find};
pub(crate) use cpu::cpu;
pub(crate) use index::index;
pub(crate) use snapshot::named;

use crate::app::App;
use crate::failure::Failure;
use crate::reply;

/// The profiles without a route of their own.
pub(crate) fn named_profiles() -> impl Iterator<Item = &'static str> {
    let named = |entry: &&Entry| matches!(entry.kind, Kind::Snapshot(_));
    CATALOGUE.iter().filter(named).map(|entry| entry.name)
}

pub(crate) async fn cmdline(State(app): State<App>) -> Response {
    reply::text(app.cmdline.join("\0"))
}

/// What a profile may have, compressed: more would keep a connection busy for long.
const MAX_BODY: usize = 64 << 20;

/// The profile as it is sent.
pub(crate) fn encode(kind: &'static str, profile: &Profile) -> Result<Vec<u8>, Failure> {
    let body = profile.encode_gzip();
    if body.len() > MAX_BODY {
        return Err(Failure::TooLarge {
            kind,
            len: body.len(),
            max: MAX_BODY,
        });
    }
    Ok(body)
}
