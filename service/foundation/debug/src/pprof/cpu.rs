//! The CPU profile.

use std::time::Duration;

use axum::extract::RawQuery;
use axum::response::Response;
use collect::Error;
use collect::cpu::{Capture, CpuProfile, MAX_HZ, MIN_HZ};
use http::header::CONTENT_DISPOSITION;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::reply;

/// How long a capture may take, in seconds.
const SECONDS: (u32, u32) = (1, 60);
/// As Go's.
const DEFAULT_SECONDS: u32 = 30;
const DEFAULT_HZ: u32 = 100;

/// Captures for as long as was asked and answers with the profile. If the client leaves, this future is dropped, and
/// the capture with it.
pub(crate) async fn cpu(method: Method, RawQuery(query): RawQuery) -> Response {
    let asked = match Asked::parse(query.as_deref().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(message) => return reply::error(StatusCode::BAD_REQUEST, &message),
    };
    if method == Method::HEAD {
        return collect::support()
            .cpu
            .map_or_else(unsupported, |()| attachment(Vec::new()));
    }
    match capture(&asked).await {
        Ok((profile, body)) => with_counts(attachment(body), &profile),
        Err(error) => refuse(&error),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Asked {
    seconds: u32,
    hz: u32,
}

impl Asked {
    /// Reads `seconds` and `hz` from the query; other parameters are Go's and mean nothing here.
    fn parse(query: &str) -> Result<Self, String> {
        let mut asked = Self {
            seconds: DEFAULT_SECONDS,
            hz: DEFAULT_HZ,
        };
        for (name, value) in query
            .split('&')
            .filter_map(|parameter| parameter.split_once('='))
        {
            match name {
                "seconds" => asked.seconds = number(name, value, SECONDS)?,
                "hz" => asked.hz = number(name, value, (MIN_HZ, MAX_HZ))?,
                _ => {}
            }
        }
        Ok(asked)
    }
}

fn number(name: &str, value: &str, (min, max): (u32, u32)) -> Result<u32, String> {
    let number = value
        .parse()
        .ok()
        .filter(|number| (min..=max).contains(number));
    number
        .ok_or_else(|| format!("{name} must be a whole number from {min} to {max}, not {value:?}"))
}

async fn capture(asked: &Asked) -> Result<(CpuProfile, Vec<u8>), Error> {
    let capture = collect::cpu::start(asked.hz)?;
    tokio::time::sleep(Duration::from_secs(asked.seconds.into())).await;
    // Looking up names takes a while and would hold up the other endpoints.
    let finished = tokio::task::spawn_blocking(move || finish(capture)).await;
    finished.unwrap_or_else(|error| {
        Err(Error::System {
            doing: "looking up the names in the profile",
            source: error.into(),
        })
    })
}

fn finish(capture: Capture) -> Result<(CpuProfile, Vec<u8>), Error> {
    let profile = capture.finish()?;
    let body = profile.profile.encode_gzip();
    Ok((profile, body))
}

fn attachment(body: Vec<u8>) -> Response {
    let mut response = reply::binary(body);
    response.headers_mut().insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"profile\""),
    );
    response
}

/// How many samples the rate asked for stands for, how many the kernel can deliver, how many are in the profile.
fn with_counts(mut response: Response, profile: &CpuProfile) -> Response {
    for (name, count) in [
        (HeaderName::from_static("x-profile-asked"), profile.asked),
        (
            HeaderName::from_static("x-profile-expected"),
            profile.expected,
        ),
        (HeaderName::from_static("x-profile-kept"), profile.kept),
    ] {
        response.headers_mut().insert(name, count.into());
    }
    response
}

fn refuse(error: &Error) -> Response {
    let status = match error {
        Error::Busy { .. } | Error::Taken { .. } => StatusCode::CONFLICT,
        Error::Unsupported { why } => return unsupported(why),
        Error::Rate { .. } => StatusCode::BAD_REQUEST,
        Error::System { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    };
    reply::error(status, &error.to_string())
}

fn unsupported(why: &str) -> Response {
    reply::error(StatusCode::NOT_IMPLEMENTED, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_defaults_and_bounds() {
        let parse = |query| Asked::parse(query).map(|asked| (asked.seconds, asked.hz));
        for (query, expected) in [
            ("", Ok((30, 100))),
            ("seconds=5", Ok((5, 100))),
            ("seconds=60&hz=1000", Ok((60, 1000))),
            ("debug=1&hz=1&seconds=1", Ok((1, 1))),
            ("seconds", Ok((30, 100))),
            (
                "seconds=0",
                Err("seconds must be a whole number from 1 to 60, not \"0\""),
            ),
            (
                "seconds=61",
                Err("seconds must be a whole number from 1 to 60, not \"61\""),
            ),
            (
                "seconds=-1",
                Err("seconds must be a whole number from 1 to 60, not \"-1\""),
            ),
            (
                "seconds=1.5",
                Err("seconds must be a whole number from 1 to 60, not \"1.5\""),
            ),
            (
                "seconds=",
                Err("seconds must be a whole number from 1 to 60, not \"\""),
            ),
            (
                "seconds=99999999999",
                Err("seconds must be a whole number from 1 to 60, not \"99999999999\""),
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

    #[test]
    fn errors_have_statuses() {
        let now = std::time::SystemTime::UNIX_EPOCH;
        for (error, status) in [
            (
                Error::Busy {
                    since: now,
                    running_for: Duration::from_secs(3),
                },
                409,
            ),
            (Error::Taken { what: "SIGPROF" }, 409),
            (
                Error::Unsupported {
                    why: "no frame pointers",
                },
                501,
            ),
            (Error::Rate { hz: 0 }, 400),
            (
                Error::System {
                    doing: "timer",
                    source: std::io::ErrorKind::Other.into(),
                },
                500,
            ),
        ] {
            assert_eq!(refuse(&error).status().as_u16(), status, "{error}");
        }
    }
}
