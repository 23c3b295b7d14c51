//! `/debug/timeline`: what named tasks do in the next seconds, for Perfetto and `chrome://tracing`.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use collect::timeline::{DEFAULT_EVENTS, Timeline, record};
use http::header::CONTENT_DISPOSITION;
use http::{HeaderName, HeaderValue, Method};

use crate::app::App;
use crate::captures::Peer;
use crate::failure::Failure;
use crate::params::Params;
use crate::pprof::asked::{Span, seconds};
use crate::reply;

const NAME: &str = "timeline";
/// As that of Go's execution trace.
const DEFAULT: Duration = Duration::from_secs(1);

/// Records for as long as was asked and answers with the last events of that time. If the client leaves, this future is
/// dropped, and the recording with it: nobody pays for it while nobody asks.
pub(crate) async fn timeline(
    State(app): State<App>,
    method: Method,
    peer: Peer,
    params: Params,
) -> Response {
    let answer = answer(&app, &method, peer, &params).await;
    answer.unwrap_or_else(|failure| failure.answer())
}

async fn answer(
    app: &App,
    method: &Method,
    peer: Peer,
    params: &Params,
) -> Result<Response, Failure> {
    let length = seconds(params)?.unwrap_or(DEFAULT);
    let span = Span::parse(method, params, length)?;
    if method == Method::HEAD {
        return Ok(attachment(String::new()));
    }
    let mut turn = span.take(app, NAME, peer).await?;
    let recording = record(DEFAULT_EVENTS);
    app.elapse(&mut turn).await?;
    let timeline = recording.finish();
    let work = move || {
        let json = timeline.chrome_json();
        drop(turn);
        Ok((timeline, json))
    };
    let (timeline, json) = app.work(work).await?;
    Ok(with_counts(attachment(json), &timeline))
}

/// Its size is bounded by the number of events.
fn attachment(json: String) -> Response {
    let mut response = reply::json(json);
    response.headers_mut().insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"timeline.json\""),
    );
    response
}

/// How many events are in it, and how many before those there was no room for.
fn with_counts(mut response: Response, timeline: &Timeline) -> Response {
    for (name, count) in [
        ("x-timeline-events", timeline.events() as u64),
        ("x-timeline-dropped", timeline.dropped()),
    ] {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), count.into());
    }
    response
}
