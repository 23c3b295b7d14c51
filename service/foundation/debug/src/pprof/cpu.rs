//! The CPU profile.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use collect::cpu::{Capture, CpuProfile, MAX_HZ, MIN_HZ};
use http::{HeaderName, Method};

use super::asked::{Span, seconds};
use super::encode;
use crate::app::App;
use crate::captures::Peer;
use crate::failure::Failure;
use crate::params::Params;
use crate::reply;

/// As Go's.
const DEFAULT_SECONDS: u32 = 30;
const DEFAULT_HZ: u32 = 100;
pub(crate) const NAME: &str = "profile";

/// Captures for as long as was asked and answers with the profile. If the client leaves, this future is dropped, and
/// the capture with it.
pub(crate) async fn cpu(
    State(app): State<App>,
    method: Method,
    peer: Peer,
    params: Params,
) -> Response {
    match answer(&app, &method, peer, &params).await {
        Ok(response) => response,
        Err(failure) => failure.answer(),
    }
}

async fn answer(
    app: &App,
    method: &Method,
    peer: Peer,
    params: &Params,
) -> Result<Response, Failure> {
    let asked = Asked::parse(method, params)?;
    if method == Method::HEAD {
        let supported = collect::support().cpu;
        supported.map_err(|why| collect::Error::Unsupported { why })?;
        return Ok(reply::attachment(NAME, Vec::new()));
    }
    let (taken, body) =
        capture(app, peer, &asked, |profile| encode(NAME, &profile.profile)).await?;
    Ok(with_counts(reply::attachment(NAME, body), &taken))
}

/// What a capture is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) span: Span,
    hz: u32,
}

impl Asked {
    pub(crate) fn parse(method: &Method, params: &Params) -> Result<Self, Failure> {
        let hz = params
            .number("hz", MIN_HZ..=MAX_HZ)
            .map_err(Failure::Asked)?;
        let length = seconds(params)?.unwrap_or(Duration::from_secs(DEFAULT_SECONDS.into()));
        Ok(Self {
            span: Span::parse(method, params, length)?,
            hz: hz.unwrap_or(DEFAULT_HZ),
        })
    }
}

/// A capture, and the CPU time that it took to make something of it, where the system tells.
pub(crate) struct Taken {
    profile: CpuProfile,
    spent: Option<Duration>,
}

/// Captures, and makes something of the profile.
pub(crate) async fn capture<T: Send + 'static>(
    app: &App,
    peer: Peer,
    asked: &Asked,
    make: impl FnOnce(&CpuProfile) -> Result<T, Failure> + Send + 'static,
) -> Result<(Taken, T), Failure> {
    let mut turn = asked.span.take(app, NAME, peer).await?;
    let capture = collect::cpu::start(asked.hz)?;
    app.elapse(&mut turn).await?;
    let finish = move |capture: Capture| {
        let before = thread_time();
        let profile = capture.finish()?;
        let made = make(&profile)?;
        let spent = thread_time().zip(before);
        let spent = spent.map(|(now, before)| now.saturating_sub(before));
        Ok((Taken { profile, spent }, made))
    };
    // Whoever waits for the turn waits until the names have been looked up, too.
    app.work(move || {
        let finished = finish(capture);
        drop(turn);
        finished
    })
    .await
}

/// The CPU time of this thread.
#[cfg(unix)]
fn thread_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Some(Duration::new(
        time.tv_sec.try_into().ok()?,
        time.tv_nsec.try_into().ok()?,
    ))
}

#[cfg(not(unix))]
fn thread_time() -> Option<Duration> {
    None
}

/// How many samples the rate asked for stands for, how many the kernel can deliver, how many are in the profile, and
/// how many arrived and found no room; and what it cost.
pub(crate) fn with_counts(mut response: Response, taken: &Taken) -> Response {
    let profile = &taken.profile;
    let spent = taken.spent.map(|spent| spent.as_nanos() as u64);
    let spent = spent.map(|nanos| ("x-profile-cpu-ns", nanos));
    for (name, count) in [
        ("x-profile-asked", profile.asked),
        ("x-profile-deliverable", profile.deliverable),
        ("x-profile-kept", profile.kept),
        ("x-profile-lost", profile.lost),
    ]
    .into_iter()
    .chain(spent)
    {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), count.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::params;

    #[test]
    fn parameters_have_defaults_and_bounds() {
        let parse = |query| {
            Asked::parse(&Method::GET, &params(query))
                .map(|asked| (asked.span.length.as_secs(), asked.hz))
                .map_err(|failure| failure.to_string())
        };
        for (query, expected) in [
            ("", Ok((30, 100))),
            ("seconds=5", Ok((5, 100))),
            ("seconds=600&hz=1000", Ok((600, 1000))),
            ("debug=1&hz=1&seconds=1", Ok((1, 1))),
            (
                "seconds=601",
                Err("seconds must be a whole number from 1 to 600, not \"601\""),
            ),
            (
                "hz=0",
                Err("hz must be a whole number from 1 to 1000, not \"0\""),
            ),
            (
                "hz=1001",
                Err("hz must be a whole number from 1 to 1000, not \"1001\""),
            ),
        ] {
            assert_eq!(parse(query), expected.map_err(str::to_owned), "{query}");
        }
    }
}
