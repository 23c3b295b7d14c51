//! One connection of the load.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use http::StatusCode;
use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::pin::pin;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Arrivals, Meter, Outcome, PATIENCE, Plan, Prepared};

/// How long to wait before connecting again.
const RETRY: Duration = Duration::from_millis(10);

/// Sends until the load is stopped. A connection that breaks costs its request and is made anew.
pub(super) async fn run(
    addr: SocketAddr,
    number: usize,
    plan: Arc<Plan>,
    meter: Arc<Meter>,
    arrivals: Arc<Arrivals>,
) -> anyhow::Result<()> {
    // Spread evenly over the sequence.
    let mut at = number * plan.requests.len() / plan.connections.max(1);
    let mut send = connect(addr).await.context("the load cannot connect")?;
    while let Some(due) = arrivals.next(&meter).await {
        let prepared = &plan.requests[at % plan.requests.len()];
        at += 1;
        meter.sending();
        let outcome = timeout(PATIENCE, exchange(&mut send, prepared)).await;
        match outcome {
            Ok(Ok(outcome)) => meter.answer(due.elapsed(), outcome),
            lost => {
                let why = match lost {
                    Ok(Err(error)) => format!("{error:#}"),
                    _ => format!("no answer within {PATIENCE:?}"),
                };
                meter.fault(format!("{}: {why}", prepared.request.uri()));
                send = loop {
                    match connect(addr).await {
                        Ok(send) => break send,
                        Err(_) if meter.is_stopped() => return Ok(()),
                        Err(_) => tokio::time::sleep(RETRY).await,
                    }
                };
            }
        }
    }
    Ok(())
}

type Sender = SendRequest<Full<Bytes>>;

async fn connect(addr: SocketAddr) -> anyhow::Result<Sender> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    let (send, connection) = handshake(TokioIo::new(stream)).await?;
    // How it ends shows in the requests.
    tokio::spawn(async move { drop(connection.await) });
    Ok(send)
}

/// What became of it.
async fn exchange(send: &mut Sender, prepared: &Prepared) -> anyhow::Result<Outcome> {
    send.ready().await?;
    let response = send.send_request(prepared.request.clone()).await?;
    let status = response.status();
    read(response.into_body()).await?;
    let uri = prepared.request.uri();
    Ok(match status {
        status if status == prepared.expect => Outcome::Good,
        StatusCode::SERVICE_UNAVAILABLE if prepared.may_be_refused => Outcome::Refused,
        status => Outcome::Wrong(format!("{uri} was answered {status}")),
    })
}

async fn read(body: Incoming) -> anyhow::Result<()> {
    let mut body = pin!(body);
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        frame?;
    }
    Ok(())
}
