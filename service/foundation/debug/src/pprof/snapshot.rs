//! Profiles of what there is now, and of what changes while one waits.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use profile::Profile;

use super::asked::{Span, seconds};
use super::catalogue::{self, Entry, Kind, Snapshot};
use super::{encode, text};
use crate::app::App;
use crate::captures::Peer;
use crate::failure::Failure;
use crate::params::Params;
use crate::reply;

/// Every profile that has no route of its own, whether there is such a thing or not.
pub(crate) async fn named(
    State(app): State<App>,
    Path(name): Path<String>,
    method: Method,
    peer: Peer,
    params: Params,
) -> Response {
    let Some(entry) = catalogue::find(&name) else {
        return reply::error(StatusCode::NOT_FOUND, "Unknown profile");
    };
    let answer = match entry.kind {
        Kind::Snapshot(snapshot) => answer(&app, entry, snapshot, &method, peer, &params).await,
        Kind::Never(why) => Err(collect::Error::Unsupported { why }.into()),
        Kind::Own | Kind::Cpu => return reply::error(StatusCode::NOT_FOUND, "Unknown profile"),
    };
    answer.unwrap_or_else(|failure| failure.answer())
}

async fn answer(
    app: &App,
    entry: &Entry,
    snapshot: Snapshot,
    method: &Method,
    peer: Peer,
    params: &Params,
) -> Result<Response, Failure> {
    let name = entry.name;
    let debug = params.number("debug", 0..=2).map_err(Failure::Asked)?;
    let debug = debug.unwrap_or(0_u8);
    let span = span(method, params)?;
    if span.is_some() && debug != 0 {
        let message = "seconds and debug do not go together: a change is not given as text";
        return Err(Failure::Asked(message.to_owned()));
    }
    snapshot
        .available()
        .map_err(|why| collect::Error::Unsupported { why })?;
    if method == Method::HEAD {
        return Ok(reply::attachment(name, Vec::new()));
    }
    if debug != 0 {
        return Ok(reply::text(text(app, snapshot).await?));
    }
    let (file, profile) = match span {
        Some(span) => {
            let change = change(app, entry.name, snapshot, span, peer).await?;
            (format!("{name}-delta"), change)
        }
        None => (name.to_owned(), snapshot.take(app).await?),
    };
    let body = app.work(move || encode(name, &profile)).await?;
    Ok(reply::attachment(&file, body))
}

/// For how long to look, if a change is asked for.
pub(crate) fn span(method: &Method, params: &Params) -> Result<Option<Span>, Failure> {
    let length = seconds(params)?;
    let span = Span::parse(method, params, length.unwrap_or(Duration::ZERO))?;
    Ok(length.map(|_| span))
}

async fn text(app: &App, snapshot: Snapshot) -> Result<String, Failure> {
    let profile = snapshot.take(app).await?;
    app.work(move || Ok(text::write(&profile, snapshot.form())))
        .await
}

/// What changes while one waits: the values now less those before.
pub(crate) async fn change(
    app: &App,
    kind: &'static str,
    snapshot: Snapshot,
    span: Span,
    peer: Peer,
) -> Result<Profile, Failure> {
    let mut turn = span.take(app, kind, peer).await?;
    let before = snapshot.take(app).await?;
    app.elapse(&mut turn).await?;
    let now = snapshot.take(app).await?;
    drop(before);
    Ok(now)
}
