//! One request to a server.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest answer, in bytes.
const LARGEST: usize = 8 << 20;

/// The body of a 200 answer to `GET path`.
pub async fn get(server: SocketAddr, path: &str) -> Result<Bytes> {
    let request = Request::get(path)
        .header(header::HOST, server.to_string())
        .body(Bytes::new())?;
    let (status, body) = exchange(server, request, PATIENCE).await?;
    if status != StatusCode::OK {
        bail!("{server}{path} answers {status}");
    }
    Ok(body)
}

/// The answer to one request, if it comes in time.
pub async fn exchange(
    server: SocketAddr,
    request: Request<Bytes>,
    patience: Duration,
) -> Result<(StatusCode, Bytes)> {
    let late = || format!("no answer from {server} within {patience:?}");
    tokio::time::timeout(patience, fetch(server, request))
        .await
        .with_context(late)?
}

async fn fetch(server: SocketAddr, request: Request<Bytes>) -> Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let response = sender.send_request(request.map(Full::new)).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        Ok((status, body.map_err(anyhow::Error::from_boxed)?.to_bytes()))
    };
    let driven = async {
        // Its errors show in the exchange as well.
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = exchange => answer,
        () = driven => bail!("the connection to {server} has ended"),
    }
}
