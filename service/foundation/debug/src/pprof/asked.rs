//! For how long a capture is asked for, and whether another's is to end for it.

use std::time::Duration;

use http::Method;

use crate::app::App;
use crate::captures::{Peer, Turn};
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
    force: bool,
}

impl Span {
    /// So long; the parameter `force` says whether another's capture is cancelled for it.
    ///
    /// # Errors
    /// `force` in a GET: a link or an image must not end somebody's capture.
    pub(crate) fn parse(
        method: &Method,
        params: &Params,
        length: Duration,
    ) -> Result<Self, Failure> {
        let force = params.switch("force").map_err(Failure::Asked)?;
        if force && method != Method::POST {
            return Err(Failure::OnlyByPost("force"));
        }
        Ok(Self { length, force })
    }

    /// Takes the turn.
    pub(crate) async fn take(
        &self,
        app: &App,
        kind: &'static str,
        peer: Peer,
    ) -> Result<Turn, Failure> {
        let turn = app.captures.take(kind, peer, self.length, self.force);
        turn.await.map_err(Failure::Held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::params;

    #[test]
    fn only_a_post_may_force() {
        let force = |method, query| {
            let span = Span::parse(&method, &params(query), Duration::from_secs(1));
            span.map(|span| span.force)
                .map_err(|failure| failure.to_string())
        };
        assert_eq!(force(Method::GET, ""), Ok(false));
        assert_eq!(force(Method::GET, "force=false"), Ok(false));
        assert_eq!(force(Method::POST, ""), Ok(false));
        assert_eq!(force(Method::POST, "force=true"), Ok(true));
        assert_eq!(
            force(Method::GET, "force"),
            Err("force changes something: use POST".to_owned())
        );
    }
}
