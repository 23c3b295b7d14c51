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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

use crate::Network;
use crate::clients::Clients;
use crate::connection::Connection;
use crate::traffic::{Cut, Traffic};

/// What a server allows.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a request's header may take to arrive, from its first byte on. A client that is slower is disconnected.
    /// Default: 10 s.
    pub header_read_timeout: Duration,
    /// How many bytes a request's header may have; 431 is the answer to a larger one. Default: 16 KiB.
    pub max_header: usize,
    /// How long a connection may be open without a request, at its beginning and between two. Default: 60 s.
    pub idle_timeout: Duration,
    /// How long a client may leave an answer lying: if it does not take the rest of it, or at least 16 KiB, in this time, it
    /// is disconnected. Default: 10 s.
    pub write_timeout: Duration,
    /// How long requests under way may still take once the server is asked to stop. Default: 10 s.
    pub drain: Duration,
    /// How long a header that has begun to arrive by then may take to be complete. Default: 500 ms.
    pub last_header: Duration,
    /// How many connections are open at once. More wait in the system's queue until one closes. Default: 10,000.
    pub max_connections: usize,
    /// How many connections one client may have open at once, told by its address; of an IPv6 address the network counts (its
    /// first 64 bits). More are closed at once. Default: any number.
    pub max_per_client: usize,
    /// Whom that does not concern: proxies, which ask for many. Default: nobody.
    pub not_per_client: Vec<Network>,
    /// Where the server counts what it does.
    pub traffic: Traffic,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(10),
            max_header: 16 * 1024,
            idle_timeout: Duration::from_mins(1),
            write_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
            last_header: Duration::from_millis(500),
            max_connections: 10_000,
            max_per_client: usize::MAX,
            not_per_client: Vec::new(),
            traffic: Traffic::default(),
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
/// Draining: the listener is closed, those who came before are let in, idle connections are closed at once, headers that have begun get a moment
/// ([`Limits::last_header`]), requests under way are answered, and what is left after [`Limits::drain`] is cut. A request whose client disconnects is dropped with everything it does; one
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
        traffic: limits.traffic.clone(),
        permits: Arc::new(Semaphore::new(
            limits.max_connections.min(Semaphore::MAX_PERMITS),
        )),
    };
    let (stop, stopping) = watch::channel(false);
    let limits = Arc::new(limits);
    let http = http(&limits);
    let mut connections = JoinSet::new();
    let clients = Clients::new(&limits);
    let begin = |connections: &mut JoinSet<()>, (stream, peer, permit): Accepted, is_late| {
        let open = limits.traffic.accept();
        let Some(place) = clients.enter(peer.ip()) else {
            limits.traffic.count_cut(Cut::Client, 1);
            tracing::debug!(%peer, "connection closed: its client has too many");
            return;
        };
        let connection = Connection {
            http: http.clone(),
            stream,
            peer,
            service: service.clone(),
            limits: Arc::clone(&limits),
            stopping: stopping.clone(),
            is_late,
        };
        connections.spawn(async move {
            connection.serve().await;
            drop((open, place, permit));
        });
    };
    let mut accepted = 0;
    let mut shutdown = pin!(shutdown);
    loop {
        let next = tokio::select! {
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => {
                log_panic(&ended);
                continue;
            }
            next = door.next() => next,
        };
        accepted += 1;
        begin(&mut connections, next, false);
    }
    for last in door.close() {
        accepted += 1;
        begin(&mut connections, last, true);
    }
    stop.send_replace(true);
    Served {
        accepted,
        cut_off: drain(connections, &limits).await,
    }
}

/// Where connections come in, one permit each.
struct Door {
    listener: TcpListener,
    traffic: Traffic,
    permits: Arc<Semaphore>,
}

/// A connection that has come in.
type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

impl Door {
    /// The next connection; errors are logged and waited out. Dropping this future loses no connection.
    async fn next(&self) -> Accepted {
        let permit = self.permit().await;
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

impl Door {
    /// Closes the listener. Those who came before, as many as there is room for, are let in: for them the connection was
    /// made, and their requests may be here already.
    fn close(self) -> Vec<Accepted> {
        let Ok(listener) = self.listener.into_std() else {
            return Vec::new();
        };
        let next = || {
            let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
            let (stream, peer) = listener.accept().ok()?;
            stream.set_nonblocking(true).ok()?;
            Some((TcpStream::from_std(stream).ok()?, peer, permit))
        };
        std::iter::from_fn(next).collect()
    }

    /// A place for one more connection.
    async fn permit(&self) -> OwnedSemaphorePermit {
        let permits = Arc::clone(&self.permits);
        self.traffic.set_full(permits.available_permits() == 0);
        let permit = permits.acquire_owned().await;
        self.traffic.set_full(false);
        permit.expect("the semaphore is never closed")
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

/// Times are watched by [`Connection`], for all of a connection's life.
fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.header_read_timeout(None)
        .max_header_size(limits.max_header);
    http
}

/// Waits for the connections to end by themselves and cuts those that do not; returns how many.
async fn drain(mut connections: JoinSet<()>, limits: &Limits) -> usize {
    let deadline = limits.drain;
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
    limits.traffic.count_cut(Cut::Drain, cut_off);
    connections.shutdown().await;
    cut_off
}

fn log_panic(ended: &Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task panicked");
    }
}
