//! Out of file descriptors: the server waits and goes on. Alone in its program, because the limit is the process's.

mod client;

use std::convert::Infallible;
use std::fs::File;

use bytes::Bytes;
use client::Client;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[tokio::test]
async fn a_server_out_of_descriptors_accepts_again_when_there_are_some() {
    let listener =
        listen::bind("127.0.0.1:0".parse().expect("an address"), "--test").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
    let service = tower::service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(
            request.uri().path().to_owned(),
        ))))
    });
    tokio::spawn(listen::serve(
        listener,
        service,
        listen::Limits::default(),
        std::future::pending(),
    ));
    // Stays open, so that no descriptor becomes free by its end.
    let mut before = Client::connect(addr).await;
    before.get("/before").await;

    let allowed = getrlimit(Resource::Nofile);
    assert!(listen::raise_descriptor_limit() > 64);
    assert_eq!(getrlimit(Resource::Nofile).current, allowed.maximum);

    let limit = Rlimit {
        current: Some(64),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, limit).expect("a limit may be lowered");
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    // One descriptor is for this client's own end; none is left for the server's.
    drop(hoard.pop());
    let mut waiting = Client::connect(addr).await;
    waiting.send("/after").await;
    File::open("/dev/null").expect_err("no descriptor is left");
    // The server runs here and finds out that it cannot accept; it must neither end nor keep this thread to itself.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(before.get("/meanwhile").await.ends_with("/meanwhile"));
    drop(hoard);
    assert!(waiting.read_answer().await.ends_with("/after"));
}
