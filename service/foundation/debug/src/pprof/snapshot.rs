//! Profiles of what there is now, and of what changes while one waits.

use std::time::{Duration, SystemTime};

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderName, Method, StatusCode};
use profile::Profile;

use super::asked::{Span, seconds};
use super::catalogue::{self, Entry, Kind, Snapshot};
use super::encode;
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
        Kind::Own | Kind::Symbol | Kind::Cpu => {
            return reply::error(StatusCode::NOT_FOUND, "Unknown profile");
        }
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
    let asked = params.number("debug", 0..=2).map_err(Failure::Asked)?;
    let debug = asked.unwrap_or(0_u8);
    let span = span(method, params)?;
    if span.is_some() && debug != 0 {
        let message = "seconds and debug do not go together: a change is not given as text";
        return Err(Failure::Asked(message.to_owned()));
    }
    if let Some(rate) = rate(method, params)? {
        snapshot.set_rate(rate)?;
        return Ok(reply::text(format!("{name} rate: {rate}\n")));
    }
    snapshot
        .available()
        .map_err(|why| collect::Error::Unsupported { why })?;
    let answer = if method == Method::HEAD {
        reply::attachment(name, Vec::new())
    } else if debug != 0 {
        reply::text(snapshot.take_as_text(app, debug).await?)
    } else {
        let file = span.map_or(name.to_owned(), |_| format!("{name}-delta"));
        let profile = take(app, name, snapshot, span, peer).await?;
        let body = app.work(move || encode(name, &profile)).await?;
        reply::attachment(&file, body)
    };
    Ok(with_rate(answer, snapshot))
}

/// For how long to look, if a change is asked for.
pub(crate) fn span(method: &Method, params: &Params) -> Result<Option<Span>, Failure> {
    let length = seconds(params)?;
    let span = Span::parse(method, params, length.unwrap_or(Duration::ZERO))?;
    Ok(length.map(|_| span))
}

/// How often to sample from now on, if that is asked for.
fn rate(method: &Method, params: &Params) -> Result<Option<u64>, Failure> {
    let rate = params
        .number("rate", 0..=MAX_RATE)
        .map_err(Failure::Asked)?;
    if rate.is_some() && method != Method::POST {
        return Err(Failure::OnlyByPost("rate"));
    }
    Ok(rate)
}

/// A sample in a quarter of an hour of waiting: less is none.
const MAX_RATE: u64 = 1_000_000_000_000;

fn with_rate(mut answer: Response, snapshot: Snapshot) -> Response {
    if let Some(rate) = snapshot.rate() {
        let name = HeaderName::from_static("x-profile-rate");
        answer.headers_mut().insert(name, rate.into());
    }
    answer
}

/// The profile, or with a span what changes meanwhile: the values at its end less those at its beginning.
pub(crate) async fn take(
    app: &App,
    kind: &'static str,
    snapshot: Snapshot,
    span: Option<Span>,
    peer: Peer,
) -> Result<Profile, Failure> {
    let Some(span) = span else {
        return snapshot.take(app).await;
    };
    let mut turn = span.take(app, kind, peer).await?;
    let before = snapshot.take(app).await?;
    app.elapse(&mut turn).await?;
    let now = snapshot.take(app).await?;
    app.work(move || {
        let _held_until_here = turn;
        let mut change = now
            .subtract(&before)
            .map_err(|error| Failure::Broken(error.to_string()))?;
        change.default_sample_type = now.default_sample_type;
        change.duration_nanos = nanos(span.length);
        change.time_nanos = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, nanos);
        Ok(change)
    })
    .await
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::params;

    #[test]
    fn only_a_post_sets_the_rate() {
        let rate =
            |method, query| rate(&method, &params(query)).map_err(|failure| failure.to_string());
        assert_eq!(rate(Method::GET, ""), Ok(None));
        assert_eq!(rate(Method::POST, "rate=0"), Ok(Some(0)));
        assert_eq!(rate(Method::POST, "rate=10000"), Ok(Some(10_000)));
        assert_eq!(
            rate(Method::GET, "rate=1"),
            Err("rate changes something: use POST".to_owned())
        );
        assert_eq!(
            rate(Method::POST, "rate=-1"),
            Err("rate must be a whole number from 0 to 1000000000000, not \"-1\"".to_owned())
        );
    }
}
