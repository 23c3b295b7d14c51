//! One attempt over HTTP.

use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::{Cause, Failure};
use crate::outgoing::{retry_after, root};

/// As much of an answer as is read.
const MOST_OF_ANSWER: usize = 16 << 10;
/// Connections without work are closed after this, before the other side does it.
const IDLE: Duration = Duration::from_secs(20);

/// What an attempt goes through.
pub trait Transport: Send + Sync {
    /// Sends a request, and reads all of its answer.
    ///
    /// # Errors
    /// None came, or one without end. Whatever its status, an answer is no error here.
    fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> impl Future<Output = Result<Reply, Failure>> + Send;
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// All of its body.
    pub body: Bytes,
}

impl Reply {
    /// After how long to come back, if it says so.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }
}

/// Connections that are kept.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Http {
    /// None yet.
    pub fn new() -> Http {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            // What is sent again is decided and counted in one place.
            .retry_canceled_requests(false)
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Http { client }
    }
}

impl Default for Http {
    fn default() -> Http {
        Http::new()
    }
}

impl Transport for Http {
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Reply, Failure> {
        let response = self.client.request(request).await.map_err(|error| {
            let root = root(&error);
            if error.is_connect() {
                Failure::new(Cause::Unreachable, format!("nobody can be reached: {root}"))
            } else {
                Failure::new(Cause::Broken, format!("no answer came: {root}"))
            }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MOST_OF_ANSWER).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Failure::new(Cause::Nonsense, "the answer was too long")
            } else {
                let root = root(&*error);
                Failure::new(Cause::Broken, format!("the answer broke off: {root}"))
            }
        })?;
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }
}
