//! One HTTP connection to one target, kept alive between readings. Every answer is bounded in time and in size, and every
//! failure has its true cause.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cutaway_model::{Cause, first_lines};
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::pki_types::ServerName;

use crate::connect::Connect;
use crate::options::Options;
use crate::target::Target;
use crate::tls::Tls;

/// The CPU time that making a profile took, as services of ours say it.
const COST: &str = "x-profile-cpu-ns";
/// What only services of ours say beside a profile.
const COUNTED: &str = "x-profile-asked";
/// How much of an error's body is kept.
const MAX_ERROR_BODY: usize = 4 * 1024;
/// How much of an error's body is shown, in characters.
const SHOWN: usize = 200;
/// What a connection that somebody else opens may take at least: who forwards it is asked first, and may be far away.
const FORWARD: Duration = Duration::from_secs(5);

/// A connection to one target, opened when needed and again when it broke.
#[derive(Debug)]
pub(crate) struct Client {
    host: String,
    port: u16,
    host_header: HeaderValue,
    authorization: Option<HeaderValue>,
    speech: Speech,
    /// Who opens connections, where the host's name is not the way.
    way: Option<Arc<dyn Connect>>,
    live: Option<Live>,
}

/// Whether and how TLS is spoken.
#[derive(Debug)]
enum Speech {
    Plain,
    Secured(Tls),
    /// It should be, and nobody said how.
    Unable,
}

/// What one request may cost.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Limits {
    /// From the first packet to the last byte of the answer.
    pub(crate) timeout: Duration,
    /// The longest body read, in bytes.
    pub(crate) max_body: usize,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    /// CPU time that it took to make a profile, in nanoseconds, as services of ours say it.
    pub(crate) cost: Option<u64>,
    /// Whether the service is one that ends captures in the background when others ask for one.
    pub(crate) gives_way: bool,
    /// The body; of an error only its beginning.
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Nothing is opened yet. The options' credentials are for a target that brings none of its own.
    pub(crate) fn new(target: &Target, options: &Options) -> Self {
        let secret = |value: String| {
            let mut value = HeaderValue::try_from(value).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        Self {
            host: target.host().to_owned(),
            port: target.port(),
            host_header: HeaderValue::try_from(target.authority())
                .unwrap_or_else(|_| HeaderValue::from_static("")),
            authorization: target
                .credentials()
                .or(options.credentials.as_ref())
                .and_then(|c| secret(c.header())),
            speech: match (target.is_secure(), &options.tls) {
                (false, _) => Speech::Plain,
                (true, Some(tls)) => Speech::Secured(tls.clone()),
                (true, None) => Speech::Unable,
            },
            way: target.way().cloned(),
            live: None,
        }
    }

    /// Opens the connection unless it is open.
    pub(crate) async fn connect(&mut self, timeout: Duration) -> Result<(), Cause> {
        if self
            .live
            .as_ref()
            .is_none_or(|live| live.sender.is_closed())
        {
            let timeout = match self.way {
                Some(_) => timeout.max(FORWARD),
                None => timeout,
            };
            let dialled = timeout_at(Instant::now() + timeout, self.dial()).await;
            self.live = Some(dialled.map_err(|_| Cause::TimedOut { after: timeout })??);
        }
        Ok(())
    }

    /// Closes the connection, if it is open.
    pub(crate) fn close(&mut self) {
        self.live = None;
    }

    /// Asks for `path`. An answer with any status is an answer. When the future is dropped, the connection is closed.
    pub(crate) async fn get(
        &mut self,
        path: &str,
        accept: &'static str,
        limits: Limits,
    ) -> Result<Answer, Cause> {
        if self.way.is_some() {
            self.connect(limits.timeout).await?;
        }
        let deadline = Instant::now() + limits.timeout;
        let timed_out = |_| Cause::TimedOut {
            after: limits.timeout,
        };
        let (live, response) = timeout_at(deadline, self.exchange(path, accept))
            .await
            .map_err(timed_out)??;
        let (head, body) = response.into_parts();
        let text = |name: &str| {
            head.headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let mut answer = Answer {
            status: head.status.as_u16(),
            content_type: text(header::CONTENT_TYPE.as_str()).unwrap_or_default(),
            location: text(header::LOCATION.as_str()),
            cost: text(COST).and_then(|nanos| nanos.parse().ok()),
            gives_way: head.headers.contains_key(COUNTED),
            body: Vec::new(),
        };
        let max_body = if head.status.is_success() {
            limits.max_body
        } else {
            MAX_ERROR_BODY
        };
        let read = timeout_at(deadline, read_body(body, max_body, &mut answer.body)).await;
        match read.map_err(timed_out).flatten() {
            Ok(()) => self.live = Some(live),
            Err(cause) if head.status.is_success() => return Err(cause),
            // The status is the finding; what came of the body explains it.
            Err(_) => {}
        }
        Ok(answer)
    }

    async fn exchange(
        &mut self,
        path: &str,
        accept: &'static str,
    ) -> Result<(Live, Response<Incoming>), Cause> {
        // A kept connection may have been closed by the server meanwhile: that is no failure of the target.
        if let Some(mut live) = self.live.take()
            && live.sender.ready().await.is_ok()
            && let Ok(response) = live.sender.send_request(self.request(path, accept)?).await
        {
            return Ok((live, response));
        }
        let mut live = self.dial().await?;
        let response = live.sender.send_request(self.request(path, accept)?).await;
        Ok((live, response.map_err(|error| hyper_cause(&error))?))
    }

    fn request(&self, path: &str, accept: &'static str) -> Result<Request<Empty<Bytes>>, Cause> {
        let mut request = Request::get(path)
            .header(header::HOST, &self.host_header)
            .header(
                header::USER_AGENT,
                concat!("cutaway/", env!("CARGO_PKG_VERSION")),
            )
            .header(header::ACCEPT, accept);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request
            .body(Empty::new())
            .map_err(|error| Cause::Unreachable(format!("bad request: {error}")))
    }

    /// The cause in the light of what is known beside it.
    pub(crate) fn explain(&self, cause: Cause) -> Cause {
        match &self.way {
            Some(way) => way.explain(cause),
            None => cause,
        }
    }

    async fn dial(&self) -> Result<Live, Cause> {
        if let Some(way) = &self.way {
            return shake_hands(way.connect().await?).await;
        }
        let stream = self.open().await?;
        // Requests are one small packet each; waiting to fill it would only add latency.
        stream.set_nodelay(true).map_err(|error| io_cause(&error))?;
        match &self.speech {
            Speech::Plain => shake_hands(stream).await,
            Speech::Unable => Err(Cause::Tls(
                "this console was started without TLS".to_owned(),
            )),
            Speech::Secured(tls) => {
                // Large, and rare: every reading would have to have room for it.
                Box::pin(secured(tls, &self.host, stream)).await
            }
        }
    }

    async fn open(&self) -> Result<TcpStream, Cause> {
        let mut failure = Cause::Unreachable(format!("{} has no address", self.host));
        for address in self.resolve().await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                // "Refused" on one address says more than "no route" on another.
                Err(_) if failure == Cause::Refused => {}
                Err(error) => failure = io_cause(&error),
            }
        }
        Err(failure)
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, Cause> {
        if self.host == "localhost" {
            // Needs no resolver, which blocks a thread.
            let loopback = [
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ];
            return Ok(loopback.map(|ip| SocketAddr::new(ip, self.port)).to_vec());
        }
        match tokio::net::lookup_host((self.host.as_str(), self.port)).await {
            Ok(addresses) => Ok(addresses.collect()),
            Err(error) => Err(Cause::Unreachable(first_lines(
                error.to_string().as_bytes(),
                SHOWN,
            ))),
        }
    }
}

impl Answer {
    /// The answer if its status is success, otherwise the cause.
    pub(crate) fn success(self) -> Result<Self, Cause> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let body = match &self.location {
            Some(location) if (300..400).contains(&self.status) => {
                format!("redirects to {}", first_lines(location.as_bytes(), SHOWN))
            }
            _ => self.first_lines(),
        };
        Err(Cause::Http {
            status: self.status,
            body,
        })
    }

    /// The beginning of the body, for people.
    pub(crate) fn first_lines(&self) -> String {
        first_lines(&self.body, SHOWN)
    }

    /// Whether the answer says it is Prometheus or OpenMetrics text.
    pub(crate) fn is_metrics(&self) -> bool {
        self.content_type.contains("openmetrics") || self.content_type.contains("version=0.0.4")
    }

    /// Whether the answer says it is a web page.
    pub(crate) fn is_html(&self) -> bool {
        self.content_type.contains("html")
    }
}

/// An open connection and the task that drives it.
#[derive(Debug)]
struct Live {
    sender: SendRequest<Empty<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Begins to speak HTTP.
async fn shake_hands(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<Live, Cause> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| hyper_cause(&error))?;
    // How the connection ends is told to whoever waits for an answer on it.
    let driver = tokio::spawn(async move { drop(connection.await) });
    Ok(Live { sender, driver })
}

/// Begins to speak TLS, and then HTTP.
async fn secured(tls: &Tls, host: &str, stream: TcpStream) -> Result<Live, Cause> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Cause::Tls(format!("{host} is no name for TLS")))?;
    let stream = tls.connector().connect(name, stream).await;
    shake_hands(stream.map_err(|error| tls_cause(&error))?).await
}

fn tls_cause(error: &io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Cause::Closed,
        _ => Cause::Tls(first_lines(error.to_string().as_bytes(), SHOWN)),
    }
}

async fn read_body(mut body: Incoming, limit: usize, into: &mut Vec<u8>) -> Result<(), Cause> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| hyper_cause(&error))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if into.len() + data.len() > limit {
            into.extend_from_slice(&data[..limit - into.len()]);
            return Err(Cause::TooLarge { limit });
        }
        into.extend_from_slice(data);
    }
    Ok(())
}

fn io_cause(error: &io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Cause::Refused,
        kind => Cause::Unreachable(kind.to_string()),
    }
}

fn hyper_cause(error: &hyper::Error) -> Cause {
    if let Some(cause) = told_cause(error) {
        return cause;
    }
    if error.is_parse() || is_malformed(error) {
        return Cause::NotHttp(first_lines(error.to_string().as_bytes(), SHOWN));
    }
    Cause::Closed
}

/// The cause that the stream itself tells.
fn told_cause(error: &hyper::Error) -> Option<Cause> {
    let io = std::error::Error::source(error)?.downcast_ref::<io::Error>()?;
    io.get_ref()?.downcast_ref::<Cause>().cloned()
}

/// Whether a body broke the rules of its own framing, as opposed to ending early.
fn is_malformed(error: &hyper::Error) -> bool {
    let source =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    source.is_some_and(|io| {
        matches!(
            io.kind(),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
        )
    })
}
