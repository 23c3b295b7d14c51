//! Single requests to a debug listener.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The number in a header; 0 if it is not there.
    pub(crate) fn number(&self, header: &str) -> f64 {
        let value = self
            .headers
            .get(header)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        value.unwrap_or_default()
    }

    /// The answer, unless it is an error.
    pub(crate) fn good(self) -> anyhow::Result<Answer> {
        if self.status.is_success() {
            return Ok(self);
        }
        bail!(
            "answered {}: {}",
            self.status,
            String::from_utf8_lossy(&self.body).trim()
        )
    }
}

/// A connection that is kept open.
#[derive(Debug)]
pub(crate) struct Connection {
    addr: SocketAddr,
    send: SendRequest<Full<Bytes>>,
}

impl Connection {
    pub(crate) async fn open(addr: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        // How it ends shows in the requests.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { addr, send })
    }

    pub(crate) async fn get(&mut self, path: &str, limit: Duration) -> anyhow::Result<Answer> {
        self.request("GET", path, limit)
            .await
            .with_context(|| format!("GET {path}"))
    }

    pub(crate) async fn post(&mut self, path: &str, limit: Duration) -> anyhow::Result<Answer> {
        self.request("POST", path, limit)
            .await
            .with_context(|| format!("POST {path}"))
    }

    async fn request(
        &mut self,
        method: &str,
        path: &str,
        limit: Duration,
    ) -> anyhow::Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.addr.to_string())
            .body(Full::default())?;
        self.exchange(request, limit).await
    }

    /// The answer to this very request.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> anyhow::Result<Answer> {
        let exchange = async {
            self.send.ready().await?;
            let response = self.send.send_request(request).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            anyhow::Ok(Answer {
                status: head.status,
                headers: head.headers,
                body,
            })
        };
        timeout(limit, exchange)
            .await
            .with_context(|| format!("no answer within {limit:?}"))?
    }
}

/// Asks once, on a connection of its own. Dropping the future closes the connection.
pub(crate) async fn get(addr: SocketAddr, path: &str, limit: Duration) -> anyhow::Result<Answer> {
    Connection::open(addr).await?.get(path, limit).await
}
