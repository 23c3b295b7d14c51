//! A small balancer: asks every instance whether it is ready, sends what comes to those that are by turns, and tries nothing
//! twice.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::header::CONNECTION;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{Either, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// Time between two questions.
const EVERY: Duration = Duration::from_millis(20);

/// What is balanced.
#[derive(Clone, Copy, Debug)]
pub(super) enum Passes {
    /// Each request is sent somewhere, on connections that are kept.
    Requests,
    /// A connection stays with the instance that it was given.
    Connections,
}

#[derive(Clone, Copy, Debug)]
struct Instance {
    addr: SocketAddr,
    ready: bool,
}

/// Ends when dropped, with all of its connections.
pub(super) struct Balancer {
    pub(super) addr: SocketAddr,
    instances: Arc<watch::Sender<Vec<Instance>>>,
    _tasks: JoinSet<()>,
}

impl Balancer {
    pub(super) async fn start(passes: Passes, addresses: Vec<SocketAddr>) -> Balancer {
        let instances = addresses
            .into_iter()
            .map(|addr| Instance { addr, ready: false });
        let instances = Arc::new(watch::Sender::new(instances.collect::<Vec<_>>()));
        let mut tasks = JoinSet::new();
        for number in 0..instances.borrow().len() {
            tasks.spawn(ask(number, Arc::clone(&instances)));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let turns = Turns {
            instances: Arc::clone(&instances),
            next: Arc::default(),
        };
        tasks.spawn(accept(listener, passes, turns));
        Balancer {
            addr,
            instances,
            _tasks: tasks,
        }
    }

    /// An instance has begun anew, somewhere else.
    pub(super) fn moved(&self, number: usize, addr: SocketAddr) {
        let moved = Instance { addr, ready: false };
        self.instances.send_modify(|all| all[number] = moved);
    }

    /// Waits until an instance is ready.
    pub(super) async fn ready(&self, number: usize) {
        let mut instances = self.instances.subscribe();
        let ready = instances.wait_for(|all| all[number].ready).await;
        ready.expect("it is balanced");
    }
}

/// Whether an instance is ready, over and over.
async fn ask(number: usize, instances: Arc<watch::Sender<Vec<Instance>>>) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    loop {
        let addr = instances.borrow()[number].addr;
        let uri = format!("http://{addr}/v1/readiness");
        let answer = client.get(uri.parse().expect("an address")).await;
        let ready = answer.is_ok_and(|answer| answer.status() == StatusCode::OK);
        instances.send_if_modified(|all| {
            let instance = &mut all[number];
            let changes = instance.addr == addr && instance.ready != ready;
            if changes {
                instance.ready = ready;
            }
            changes
        });
        tokio::time::sleep(EVERY).await;
    }
}

/// Whose turn it is.
#[derive(Clone)]
struct Turns {
    instances: Arc<watch::Sender<Vec<Instance>>>,
    next: Arc<AtomicUsize>,
}

impl Turns {
    fn next(&self) -> Option<SocketAddr> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let instances = self.instances.borrow();
        let ready: Vec<_> = instances.iter().filter(|one| one.ready).collect();
        ready
            .get(turn.checked_rem(ready.len())?)
            .map(|one| one.addr)
    }
}

async fn accept(listener: TcpListener, passes: Passes, turns: Turns) {
    let client = Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .build_http();
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("it listens");
        stream.set_nodelay(true).expect("open");
        let (turns, client) = (turns.clone(), client.clone());
        let _task: AbortHandle = match passes {
            Passes::Requests => connections.spawn(serve(stream, turns, client)),
            Passes::Connections => connections.spawn(tie(stream, turns)),
        };
        // Those that have ended.
        while connections.try_join_next().is_some() {}
    }
}

/// Ties a connection to an instance. That it fails shows in the client's requests.
async fn tie(mut stream: TcpStream, turns: Turns) {
    let Some(addr) = turns.next() else { return };
    if let Ok(mut instance) = TcpStream::connect(addr).await {
        instance.set_nodelay(true).expect("open");
        let _ended = copy_bidirectional(&mut stream, &mut instance).await;
    }
}

async fn serve(stream: TcpStream, turns: Turns, client: Client<HttpConnector, Incoming>) {
    let service = service_fn(move |request| {
        let (addr, client) = (turns.next(), client.clone());
        async move {
            let answer = match addr {
                Some(addr) => pass(request, addr, &client).await,
                None => Err("no instance is ready".to_owned()),
            };
            Ok::<_, Infallible>(answer.unwrap_or_else(|why| {
                let mut response = Response::new(Either::Right(Full::from(why)));
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }))
        }
    });
    // How it ends shows in the client's requests.
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn pass(
    mut request: Request<Incoming>,
    addr: SocketAddr,
    client: &Client<HttpConnector, Incoming>,
) -> Result<Response<Either<Incoming, Full<Bytes>>>, String> {
    let path = request.uri().path_and_query().expect("a path").as_str();
    let uri = format!("http://{addr}{path}");
    *request.uri_mut() = uri.parse::<Uri>().expect("an address and a path");
    // It is about one connection, and here there are two.
    request.headers_mut().remove(CONNECTION);
    let answer = client.request(request).await;
    let mut answer = answer.map_err(|error| format!("{addr}: {error:?}"))?;
    answer.headers_mut().remove(CONNECTION);
    Ok(answer.map(Either::Left))
}
