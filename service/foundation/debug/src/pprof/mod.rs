//! What is under `/debug/pprof/`.

mod catalogue;
mod cpu;
mod index;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

pub(crate) use cpu::cpu;
pub(crate) use index::index;

use crate::{Config, reply};

pub(crate) async fn cmdline(State(config): State<Arc<Config>>) -> Response {
    reply::text(config.cmdline.join("\0"))
}

/// Every profile that has no route of its own: known and not to be had here, or unknown.
pub(crate) async fn other(Path(name): Path<String>) -> Response {
    match catalogue::find(&name).map(catalogue::Entry::available) {
        Some(Err(why)) => reply::error(StatusCode::NOT_IMPLEMENTED, why),
        Some(Ok(())) | None => reply::error(StatusCode::NOT_FOUND, "Unknown profile"),
    }
}
