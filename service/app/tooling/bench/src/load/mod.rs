//! Load over loopback: a fixed number of connections, each with one request under way.
//!
//! *Closed*: a connection sends its next request as soon as the one before is answered. *Open*: requests come on a
//! clock, wait for a free connection, and their latency counts from when they were due, so that a server that stalls
//! shows every request it kept waiting.
//!
//! The load runs on a thread of its own, and each request sent is accounted for: answered as expected, refused where that
//! may be, answered otherwise, or lost.

mod arrivals;
mod connection;
mod counts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, anyhow};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;

use crate::pin::Cores;
use arrivals::Arrivals;
use counts::Outcome;
pub(crate) use counts::{Counts, Meter};

/// What is sent, and how fast.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Sent in this order, over and over; each connection begins at another place.
    pub(crate) requests: Vec<Prepared>,
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Each connection as fast as it is answered.
    Closed,
    /// So many requests a second over all connections.
    Open(f64),
}

/// A request, and the status it is to be answered with.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) request: Request<Full<Bytes>>,
    pub(crate) expect: StatusCode,
    /// Whether it may also be refused, with 503.
    pub(crate) may_be_refused: bool,
}

impl Prepared {
    pub(crate) fn get(path: &str) -> anyhow::Result<Prepared> {
        Prepared::new(Method::GET, path, "", StatusCode::OK)
    }

    pub(crate) fn post(path: &str, json: &str) -> anyhow::Result<Prepared> {
        Prepared::new(Method::POST, path, json, StatusCode::CREATED)
    }

    /// The same request, answered with another status.
    pub(crate) fn expecting(self, expect: StatusCode) -> Prepared {
        Prepared { expect, ..self }
    }

    /// The same request, which may also be refused because there is too much to do.
    pub(crate) fn or_refused(self) -> Prepared {
        Prepared {
            may_be_refused: true,
            ..self
        }
    }

    fn new(method: Method, path: &str, json: &str, expect: StatusCode) -> anyhow::Result<Prepared> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .body(Full::from(Bytes::copy_from_slice(json.as_bytes())))?;
        Ok(Prepared {
            request,
            expect,
            may_be_refused: false,
        })
    }
}

/// Load that is running. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) meter: Arc<Meter>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Load {
    /// Starts it, off the measured program's core.
    pub(crate) fn start(addr: SocketAddr, plan: Plan, cores: &Cores) -> anyhow::Result<Load> {
        let meter = Arc::new(Meter::default());
        let (counted, cores) = (Arc::clone(&meter), cores.clone());
        let thread = thread::Builder::new()
            .name("load".to_owned())
            .spawn(move || {
                cores.stay_off()?;
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(run(addr, plan, &counted))
            })?;
        Ok(Load {
            meter,
            thread: Some(thread),
        })
    }

    /// Lets every connection end its request, and gives the counts of all that was sent.
    pub(crate) fn stop(mut self) -> anyhow::Result<Counts> {
        self.end()?;
        Ok(self.meter.counts())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        self.meter.stop();
        let thread = self.thread.take().context("it runs once")?;
        thread
            .join()
            .map_err(|_| anyhow!("the load's thread panicked"))?
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _failed = self.end();
        }
    }
}

async fn run(addr: SocketAddr, plan: Plan, meter: &Arc<Meter>) -> anyhow::Result<()> {
    let plan = Arc::new(plan);
    let arrivals = Arc::new(match plan.pace {
        Pace::Closed => Arrivals::closed(),
        Pace::Open(rate) => Arrivals::open(rate, meter)?,
    });
    let mut connections = tokio::task::JoinSet::new();
    for number in 0..plan.connections {
        let (plan, meter) = (Arc::clone(&plan), Arc::clone(meter));
        connections.spawn(connection::run(
            addr,
            number,
            plan,
            meter,
            Arc::clone(&arrivals),
        ));
    }
    while let Some(ended) = connections.join_next().await {
        ended??;
    }
    Ok(())
}

/// How long an answer may take before the request counts as lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
