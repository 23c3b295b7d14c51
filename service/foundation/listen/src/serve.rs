//! The accept loop.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::{Service, ServiceExt};

/// What a server allows.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a request's header may take to arrive, and how long a connection may be idle between requests. A
    /// client that is slower is disconnected. Default: 10 s.
    pub header_read_timeout: Duration,
    /// How long requests under way may still take once the server is asked to stop. Default: 10 s.
    pub drain: Duration,
    /// How many connections are open at once. More wait in the system's queue until one closes. Default: 10,000.
    pub max_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
            max_connections: 10_000,
        }
    }
}

/// What a server did in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections that were still open at the deadline of the drain, and were cut.
    pub cut_off: usize,
}

/// Who sent a request: [`serve`] puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(
    /// The address at the other end of the connection.
    pub SocketAddr,
);

/// Serves HTTP/1 on the listener until `shutdown` ends, then drains.
///
/// Draining: the listener is closed, idle connections are closed at once, requests under way are answered, and what
/// is left after [`Limits::drain`] is cut. A request whose client disconnects is dropped with everything it does; one
/// that panics takes only its own connection with it.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Served
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let door = Door {
        listener,
        permits: Arc::new(Semaphore::new(
            limits.max_connections.min(Semaphore::MAX_PERMITS),
        )),
    };
    let (stop, stopping) = watch::channel(false);
    let http = http(&limits);
    let mut connections = JoinSet::new();
    let mut accepted = 0;
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer, permit) = tokio::select! {
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => {
                log_panic(&ended);
                continue;
            }
            next = door.next() => next,
        };
        accepted += 1;
        let service = service
            .clone()
            .map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                request
            });
        let connection = converse(http.clone(), stream, service, stopping.clone());
        connections.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(door);
    stop.send_replace(true);
    Served {
        accepted,
        cut_off: drain(connections, limits.drain).await,
    }
}

/// Where connections come in, one permit each.
struct Door {
    listener: TcpListener,
    permits: Arc<Semaphore>,
}

impl Door {
    /// The next connection; errors are logged and waited out. Dropping this future loses no connection.
    async fn next(&self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let mut told = false;
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                // That client is gone; the next one may be waiting.
                Err(error) if is_about_one_client(&error) => {}
                Err(error) => {
                    // Once until it is over: ten lines a second would bury the rest of the log.
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, "cannot accept connections, trying until it works again");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// How long to wait when the system is out of something, such as file descriptors (EMFILE): the error comes back at
/// once until something else is closed, so without a pause the loop would burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

fn is_about_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_timeout);
    http
}

/// Serves one connection until its client leaves or the server stops.
async fn converse<S, B>(
    http: http1::Builder,
    stream: TcpStream,
    service: S,
    mut stopping: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Answers are written whole; waiting for more would only delay them. On error the client is gone already.
    let _best_effort = stream.set_nodelay(true);
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = told_to_stop(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}

/// Ends when the server stops, or is dropped.
async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    let _stop_or_gone = stopping.wait_for(|stop| *stop).await;
}

/// Waits for the connections to end by themselves and cuts those that do not; returns how many.
async fn drain(mut connections: JoinSet<()>, deadline: Duration) -> usize {
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(&ended);
        }
    };
    if tokio::time::timeout(deadline, all_ended).await.is_ok() {
        return 0;
    }
    let cut_off = connections.len();
    tracing::warn!(
        cut_off,
        ?deadline,
        "requests still under way at the deadline were cut off"
    );
    connections.shutdown().await;
    cut_off
}

fn log_panic(ended: &Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task panicked");
    }
}
