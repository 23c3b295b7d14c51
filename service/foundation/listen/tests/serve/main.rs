//! The accept loop, over real connections.

#[path = "../client/mod.rs"]
mod client;
mod slow;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use client::Client;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use listen::{Cut, Limits, Peer, Served, Traffic};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// A server on a free port whose handlers the test holds in its hand.
struct Server {
    addr: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    /// Answers to the requests for `/wait`, each of which is waiting for its one.
    waiting: mpsc::UnboundedReceiver<Held>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Served>,
}

/// A handler under way: it answers when told so; `gone` closes when it is dropped.
struct Held {
    answer: oneshot::Sender<()>,
    gone: watch::Receiver<()>,
}

fn start(limits: Limits) -> Server {
    let listener =
        listen::bind("127.0.0.1:0".parse().expect("an address"), "--test").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (hold, waiting) = mpsc::unbounded_channel();
    let paths = Arc::clone(&seen);
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let path = request.uri().path().to_owned();
        paths
            .lock()
            .expect("no panic while held")
            .push(path.clone());
        let hold = hold.clone();
        async move {
            match path.as_str() {
                "/wait" => held(hold).await,
                "/panic" => panic!("on purpose"),
                _ => {}
            }
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(path))))
        }
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let served = tokio::spawn(listen::serve(listener, service, limits, shutdown));
    Server {
        addr,
        seen,
        waiting,
        stop,
        served,
    }
}

async fn held(hold: mpsc::UnboundedSender<Held>) {
    let (answer, told) = oneshot::channel();
    let (_while_here, gone) = watch::channel(());
    hold.send(Held { answer, gone }).expect("the test listens");
    told.await.expect("the test answers");
}

#[tokio::test]
async fn a_request_tells_who_sent_it() {
    let listener =
        listen::bind("127.0.0.1:0".parse().expect("an address"), "--test").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
    let service = tower::service_fn(|request: Request<Incoming>| async move {
        let peer = request.extensions().get::<Peer>().copied();
        let peer = peer.map_or_else(String::new, |Peer(addr)| addr.to_string());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(peer))))
    });
    tokio::spawn(listen::serve(
        listener,
        service,
        Limits::default(),
        std::future::pending(),
    ));
    let mut client = Client::connect(addr).await;
    let own = client.local_addr().to_string();
    for _ in 0..2 {
        assert!(client.get("/").await.ends_with(&format!("\r\n\r\n{own}")));
    }
}

#[tokio::test]
async fn requests_are_answered_on_connections_that_stay_open() {
    let server = start(Limits::default());
    let mut client = Client::connect(server.addr).await;
    for path in ["/a", "/b"] {
        let answer = client.get(path).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with(path),
            "{answer}"
        );
    }
    server.stop.send(()).expect("it runs");
    assert_eq!(
        server.served.await.expect("no panic"),
        Served {
            accepted: 1,
            cut_off: 0
        }
    );
}

#[tokio::test]
async fn stopping_closes_idle_connections_at_once_and_finishes_requests_under_way() {
    let mut server = start(Limits {
        drain: Duration::from_mins(1),
        ..Limits::default()
    });
    let (mut idle, mut fresh) = (
        Client::connect(server.addr).await,
        Client::connect(server.addr).await,
    );
    idle.get("/").await;
    let mut busy = Client::connect(server.addr).await;
    busy.send("/wait").await;
    let held = server.waiting.recv().await.expect("the request arrived");

    server.stop.send(()).expect("it runs");
    assert_eq!(
        idle.rest().await,
        "",
        "closed although the other request is under way"
    );
    assert_eq!(fresh.rest().await, "");
    TcpStream::connect(server.addr)
        .await
        .expect_err("nobody listens any more");

    held.answer.send(()).expect("the handler still waits");
    let answer = busy.rest().await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("/wait"),
        "{answer}"
    );
    assert_eq!(
        server.served.await.expect("no panic"),
        Served {
            accepted: 3,
            cut_off: 0
        }
    );
}

#[tokio::test]
async fn what_is_under_way_at_the_deadline_is_cut_off_and_counted() {
    let traffic = Traffic::default();
    let mut server = start(Limits {
        drain: Duration::from_millis(1),
        traffic: traffic.clone(),
        ..Limits::default()
    });
    let mut clients = Vec::new();
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(server.addr).await;
        client.send("/wait").await;
        held.push(server.waiting.recv().await.expect("the request arrived"));
        clients.push(client);
    }
    server.stop.send(()).expect("it runs");
    assert_eq!(
        server.served.await.expect("no panic"),
        Served {
            accepted: 2,
            cut_off: 2
        }
    );
    assert_eq!((traffic.cut(Cut::Drain), traffic.open()), (2, 0));
    for mut client in clients {
        assert_eq!(client.rest().await, "");
    }
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let traffic = Traffic::default();
    let server = start(Limits {
        max_connections: 1,
        traffic: traffic.clone(),
        ..Limits::default()
    });
    let mut first = Client::connect(server.addr).await;
    first.get("/first").await;
    let mut second = Client::connect(server.addr).await;
    second.send("/second").await;
    while !traffic.is_full() {
        first.get("/first").await;
    }
    for _ in 0..100 {
        first.get("/first").await;
    }
    assert!(
        !server
            .seen
            .lock()
            .expect("no panic while held")
            .contains(&"/second".to_owned())
    );
    drop(first);
    assert!(second.read_answer().await.ends_with("/second"));
    assert_eq!((traffic.accepted(), traffic.open()), (2, 1));
}

#[tokio::test]
async fn a_client_with_too_many_connections_gets_no_more_until_it_closes_one() {
    let traffic = Traffic::default();
    let limits = Limits {
        max_per_client: 2,
        traffic: traffic.clone(),
        ..Limits::default()
    };
    let server = start(limits.clone());
    let mut first = Client::connect(server.addr).await;
    let mut second = Client::connect(server.addr).await;
    first.get("/first").await;
    second.get("/second").await;
    let mut third = Client::connect(server.addr).await;
    assert_eq!(third.rest().await, "", "closed without an answer");
    assert_eq!((traffic.cut(Cut::Client), traffic.open()), (1, 2));
    drop(first);
    while traffic.open() > 1 {
        second.get("/still").await;
    }
    let mut next = Client::connect(server.addr).await;
    assert!(next.get("/next").await.ends_with("/next"));

    let server = start(Limits {
        not_per_client: listen::Network::LOOPBACK.to_vec(),
        ..limits
    });
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = Client::connect(server.addr).await;
        assert!(client.get("/many").await.ends_with("/many"));
        clients.push(client);
    }
}

#[tokio::test]
async fn a_request_whose_client_leaves_is_dropped() {
    let mut server = start(Limits::default());
    let mut client = Client::connect(server.addr).await;
    client.send("/wait").await;
    let mut held = server.waiting.recv().await.expect("the request arrived");
    drop(client);
    held.gone
        .changed()
        .await
        .expect_err("the handler is dropped");
}

#[tokio::test]
async fn a_panic_costs_its_own_connection_only() {
    let server = start(Limits::default());
    let mut calm = Client::connect(server.addr).await;
    calm.get("/").await;
    let mut faulty = Client::connect(server.addr).await;
    faulty.send("/panic").await;
    assert_eq!(faulty.rest().await, "");
    assert!(calm.get("/still").await.ends_with("/still"));
    assert!(
        Client::connect(server.addr)
            .await
            .get("/new")
            .await
            .ends_with("/new")
    );
}
