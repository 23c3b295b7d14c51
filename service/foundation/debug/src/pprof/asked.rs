//! For how long a capture is asked for, and which of two gives way.

use std::time::Duration;

use http::Method;

use crate::app::App;
use crate::captures::{Manner, Peer, Turn};
use crate::failure::Failure;
use crate::params::Params;

/// Longer captures are refused: what they collect is bounded, and nobody waits for so long.
pub(crate) const MAX_SECONDS: u32 = 600;

/// The parameter `seconds`.
pub(crate) fn seconds(params: &Params) -> Result<Option<Duration>, Failure> {
    let seconds = params
        .number("seconds", 1..=MAX_SECONDS)
        .map_err(Failure::Asked)?;
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.into())))
}

/// For how long to capture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) length: Duration,
    manner: Manner,
}

impl Span {
    /// So long; with the parameter `force` another's capture is cancelled for it, with `background` it gives way itself, with
    /// `idle` even to what is in the background.
    ///
    /// # Errors
    /// `force` in a GET: a link or an image must not end somebody's capture. `force` and one of the others at once.
    pub(crate) fn parse(
        method: &Method,
        params: &Params,
        length: Duration,
    ) -> Result<Self, Failure> {
        let force = params.switch("force").map_err(Failure::Asked)?;
        if force && method != Method::POST {
            return Err(Failure::OnlyByPost("force"));
        }
        let background = params.switch("background").map_err(Failure::Asked)?;
        let idle = params.switch("idle").map_err(Failure::Asked)?;
        let manner = match (force, background, idle) {
            (false, false, false) => Manner::Plain,
            (true, false, false) => Manner::Force,
            (false, true, false) => Manner::Background,
            (false, _, true) => Manner::Idle,
            (true, ..) => {
                let other = if idle { "idle" } else { "background" };
                let message = format!("force and {other} do not go together");
                return Err(Failure::Asked(message));
            }
        };
        Ok(Self { length, manner })
    }

    /// Takes the turn.
    pub(crate) async fn take(
        &self,
        app: &App,
        kind: &'static str,
        peer: Peer,
    ) -> Result<Turn, Failure> {
        let turn = app.captures.take(kind, peer, self.length, self.manner);
        turn.await.map_err(Failure::Held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::params;

    #[test]
    fn only_a_post_may_force() {
        let manner = |method, query| {
            let span = Span::parse(&method, &params(query), Duration::from_secs(1));
            span.map(|span| span.manner)
                .map_err(|failure| failure.to_string())
        };
        assert_eq!(manner(Method::GET, ""), Ok(Manner::Plain));
        assert_eq!(manner(Method::GET, "force=false"), Ok(Manner::Plain));
        assert_eq!(manner(Method::GET, "background=1"), Ok(Manner::Background));
        assert_eq!(manner(Method::GET, "idle=1"), Ok(Manner::Idle));
        assert_eq!(manner(Method::GET, "background=1&idle=1"), Ok(Manner::Idle));
        assert_eq!(manner(Method::POST, ""), Ok(Manner::Plain));
        assert_eq!(manner(Method::POST, "force=true"), Ok(Manner::Force));
        for (method, query, message) in [
            (Method::GET, "force", "force changes something: use POST"),
            (
                Method::POST,
                "force&background",
                "force and background do not go together",
            ),
            (
                Method::POST,
                "force&idle",
                "force and idle do not go together",
            ),
            (
                Method::GET,
                "background=2",
                "background must be true or false, not \"2\"",
            ),
        ] {
            assert_eq!(manner(method, query), Err(message.to_owned()), "{query}");
        }
    }
}
