//! Who may talk to a server that is meant for this machine only.
//!
//! Listening on loopback keeps other machines out, but not web pages: any page open in the user's browser can send
//! requests to `127.0.0.1`, and by rebinding its own name to that address it can even read the answers. What such a
//! page cannot do is lie in `Host`, `Origin` and `Sec-Fetch-Site`, so these are checked:
//!
//! - `Host` (or the authority of an absolute-form target) must be there, once, and be `localhost`, an address in
//!   127.0.0.0/8 or `[::1]`, with the port listened on or none. A server on another address than loopback is also
//!   addressed by that address, or by any address if it listens on all of them, but by no name that it was not told
//!   ([`GuardLayer::also_called`]): names can be rebound.
//! - `Origin`, if there is one, must be `http://` with such a host and the port listened on.
//! - `Sec-Fetch-Site`, if there is one, must be `same-origin` or `none`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::{self, FutureExt, MapOk, Ready, TryFutureExt};
use http::header::{AsHeaderName, CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use tower::{Layer, Service};

/// Why a request was refused; the text says it to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is addressed to another host, or to none.
    #[error(
        "refused: Host {0:?} is not this server's own (use localhost or 127.0.0.1 with the port listened on)"
    )]
    ForeignHost(String),
    /// The request was made by a page of another origin.
    #[error("refused: Origin {0:?} is not this server's own")]
    ForeignOrigin(String),
    /// The browser says that another site caused the request.
    #[error("refused: Sec-Fetch-Site {0:?} is not same-origin or none")]
    CrossSite(String),
}

/// Checks a request's target and headers; `local` is the address listened on.
///
/// # Errors
/// The first rule that the request breaks.
pub fn check_request(target: &Uri, headers: &HeaderMap, local: SocketAddr) -> Result<(), Refusal> {
    Own { local, names: &[] }.check_request(target, headers)
}

/// Checks a request's headers alone, for targets that are known to be in origin form; `local` is the address listened on.
///
/// # Errors
/// The first rule that the headers break.
pub fn check(headers: &HeaderMap, local: SocketAddr) -> Result<(), Refusal> {
    Own { local, names: &[] }.check(headers)
}

/// What a server is called.
#[derive(Clone, Copy)]
struct Own<'a> {
    /// The address listened on.
    local: SocketAddr,
    /// Further names that it was told.
    names: &'a [String],
}

impl Own<'_> {
    fn check_request(self, target: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if let Some(authority) = target.authority()
            && !self.is_host(authority.as_str(), NoPort::Fine)
        {
            return Err(Refusal::ForeignHost(authority.to_string()));
        }
        self.check(headers)
    }

    fn check(self, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = only(headers, HOST)
            .map_err(Refusal::ForeignHost)?
            .unwrap_or_default();
        if !self.is_host(&host, NoPort::Fine) {
            return Err(Refusal::ForeignHost(host));
        }
        if let Some(origin) = only(headers, ORIGIN).map_err(Refusal::ForeignOrigin)?
            && !self.is_origin(&origin)
        {
            return Err(Refusal::ForeignOrigin(origin));
        }
        match only(headers, "sec-fetch-site").map_err(Refusal::CrossSite)? {
            Some(site) if site != "same-origin" && site != "none" => Err(Refusal::CrossSite(site)),
            _ => Ok(()),
        }
    }

    fn is_origin(self, origin: &str) -> bool {
        origin
            .strip_prefix("http://")
            .is_some_and(|host| self.is_host(host, NoPort::MeansDefault))
    }

    fn is_host(self, authority: &str, no_port: NoPort) -> bool {
        let Some((host, port)) = split(authority) else {
            return false;
        };
        let port_fits = match port {
            Some(port) => port == self.local.port(),
            None => no_port == NoPort::Fine || self.local.port() == 80,
        };
        port_fits && self.is_name(host)
    }

    fn is_name(self, host: &str) -> bool {
        let told = |name: &String| host.eq_ignore_ascii_case(name);
        if host.eq_ignore_ascii_case("localhost") || self.names.iter().any(told) {
            return true;
        }
        let Some(addr) = literal(host) else {
            return false;
        };
        let loopback = match addr {
            IpAddr::V4(v4) => v4.is_loopback(),
            IpAddr::V6(v6) => v6 == Ipv6Addr::LOCALHOST,
        };
        let local = self.local.ip();
        loopback
            || (!local.is_loopback()
                && !addr.is_unspecified()
                && (local.is_unspecified() || addr == local))
    }
}

/// The header's one value, or none. Several values are an error that holds all of them: whichever of them one
/// believes, somebody else may believe another.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<String>, String> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    match values.as_slice() {
        [] => Ok(None),
        [value] => Ok(Some(value.to_string())),
        _ => Err(values.join(", ")),
    }
}

/// Whether a host may come without a port although the server listens on another than the scheme's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NoPort {
    Fine,
    MeansDefault,
}

/// Splits `host:port`; the port is `None` if it is missing, and a port that is not a plain number fits nothing.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let end_of_host = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at(end_of_host);
    if rest.is_empty() {
        return Some((host, None));
    }
    let digits = rest.strip_prefix(':')?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        Some((host, Some(digits.parse().ok()?)))
    } else {
        None
    }
}

/// An IP address as hosts write it: dotted, or in brackets.
fn literal(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => host.parse().ok().map(IpAddr::V4),
    }
}

/// A layer that answers 403 with the reason as plain text to requests that [`check_request`] refuses. `local` is the
/// address listened on (after binding: with the port that port 0 turned into).
pub fn layer(local: SocketAddr) -> GuardLayer {
    GuardLayer {
        local,
        names: Arc::default(),
    }
}

/// Made by [`layer`].
#[derive(Debug, Clone)]
pub struct GuardLayer {
    local: SocketAddr,
    names: Arc<[String]>,
}

impl GuardLayer {
    /// Also lets requests through that are addressed to one of these names. Whoever controls a name's address can make
    /// pages of that name talk to this server: only for names of one's own.
    #[must_use]
    pub fn also_called(self, names: impl IntoIterator<Item = String>) -> GuardLayer {
        GuardLayer {
            names: names.into_iter().collect(),
            ..self
        }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard {
            inner,
            local: self.local,
            names: Arc::clone(&self.names),
        }
    }
}

/// A service behind the rules of this module.
#[derive(Debug, Clone)]
pub struct Guard<S> {
    inner: S,
    local: SocketAddr,
    names: Arc<[String]>,
}

/// The answer of a [`Guard`]: either the inner service's own or the refusal.
type Answer<B> = Response<Either<B, Full<Bytes>>>;

impl<S, A, B> Service<Request<A>> for Guard<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Answer<B>;
    type Error = S::Error;
    type Future = future::Either<
        MapOk<S::Future, fn(Response<B>) -> Answer<B>>,
        Ready<Result<Answer<B>, S::Error>>,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let own = Own {
            local: self.local,
            names: &self.names,
        };
        match own.check_request(request.uri(), request.headers()) {
            Ok(()) => self
                .inner
                .call(request)
                .map_ok(pass as fn(_) -> _)
                .left_future(),
            Err(refusal) => future::ready(Ok(refuse(&refusal))).right_future(),
        }
    }
}

fn pass<B>(answer: Response<B>) -> Answer<B> {
    answer.map(Either::Left)
}

fn refuse<B>(refusal: &Refusal) -> Answer<B> {
    tracing::warn!(%refusal, "request from elsewhere");
    let mut answer = Response::new(Either::Right(Full::new(Bytes::from(format!(
        "{refusal}\n"
    )))));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    answer.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    answer.headers_mut().insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    answer
}
