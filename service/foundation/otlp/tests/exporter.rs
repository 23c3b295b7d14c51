//! The exporter with collectors that are slow, that refuse, and that are not there.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use expvar::Registry;
use http::HeaderMap;
use otlp::{Endpoint, Exporter, Limits, Resource};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use trace::{Kind, Sampler, Sink as _, Span, Tracer};

/// Generous: it fails the test, and nothing else.
const SOON: Duration = Duration::from_mins(1);

fn exporter(url: &str, limits: Limits) -> (Exporter, Registry) {
    let registry = Registry::new();
    let endpoint = Endpoint::new(url, "/v1/traces", |_| None).expect("an endpoint");
    let resource = Resource {
        attributes: vec![("service.name".into(), "test".into())],
    };
    let exporter = Exporter::start(endpoint, resource, limits, &registry).expect("free names");
    (exporter, registry)
}

fn count(registry: &Registry, name: &str) -> u64 {
    let document = registry.to_json();
    let document = expvar::read::Document::parse(document.as_bytes()).expect("a document");
    let value = document.get(&format!("otlp.{name}").as_str().into());
    value.and_then(|value| value.as_f64()).expect("a number") as u64
}

fn span() -> Span {
    let tracer = Tracer::off(1);
    let now = SystemTime::now();
    let context = tracer.context(&HeaderMap::new());
    Span {
        name: "work".into(),
        kind: Kind::Internal,
        context,
        start: now,
        end: now,
        attributes: Vec::new(),
        error: None,
    }
}

/// A collector that answers each request with the next of these; it tells the length of each message.
async fn collector(answers: &'static [&'static str]) -> (String, mpsc::UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            let length = loop {
                stream.read_buf(&mut request).await.expect("readable");
                let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
                let Some((head, _)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let length = head.split_once("content-length: ").expect("a length").1;
                let length: usize = length
                    .split("\r\n")
                    .next()
                    .unwrap_or_default()
                    .parse()
                    .expect("a number");
                if request.len() >= head.len() + 4 + length {
                    break length;
                }
            };
            stream.write_all(answer.as_bytes()).await.expect("writes");
            // Nobody may wait for it.
            let _gone = tell.send(length);
        }
    });
    (url, told)
}

const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const LATER: &str =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// With `partial_success`: one span is rejected, and nothing is said of it.
const SOME: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\n\n\x02\x08\x01";
const NEVER: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn quick() -> Limits {
    Limits {
        delay: Duration::from_millis(1),
        backoff: Duration::from_millis(1),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_batch_is_sent_again_until_it_is_taken() {
    let (url, mut told) = collector(&[LATER, LATER, TAKEN]).await;
    let (exporter, registry) = exporter(&url, quick());
    exporter.take(span());
    for _ in 0..3 {
        let length = tokio::time::timeout(SOON, told.recv())
            .await
            .expect("in time")
            .expect("a message");
        assert!(length > 40, "{length}");
    }
    exporter.shutdown(SOON).await;
    assert_eq!(
        (count(&registry, "exported"), count(&registry, "retries")),
        (1, 2)
    );
    assert_eq!(count(&registry, "dropped_unsent"), 0);
    assert!(registry.to_json().contains("\"last_error\": \"\""));
}

#[tokio::test]
async fn what_is_refused_is_given_up_at_once() {
    let (url, _told) = collector(&[NEVER]).await;
    let (exporter, registry) = exporter(&url, quick());
    exporter.take(span());
    exporter.shutdown(SOON).await;
    assert_eq!(
        (
            count(&registry, "dropped_unsent"),
            count(&registry, "retries")
        ),
        (1, 0)
    );
    assert!(registry.to_json().contains("answered 400"));
}

#[tokio::test]
async fn what_is_taken_and_not_wanted_is_told_apart() {
    let (url, _told) = collector(&[SOME]).await;
    let (exporter, registry) = exporter(&url, quick());
    exporter.take(span());
    exporter.take(span());
    exporter.shutdown(SOON).await;
    assert_eq!(
        (count(&registry, "exported"), count(&registry, "rejected")),
        (1, 1)
    );
    assert!(registry.to_json().contains("did not say why"));
}

#[tokio::test]
async fn what_finds_no_room_is_counted_and_the_rest_sent_at_the_end() {
    let (url, mut told) = collector(&[TAKEN, TAKEN, TAKEN]).await;
    let limits = Limits {
        queue: 5,
        batch: 2,
        delay: SOON,
        ..Limits::default()
    };
    let (exporter, registry) = exporter(&url, limits);
    // The task runs on this thread, and does not before the first pause.
    for _ in 0..8 {
        exporter.take(span());
    }
    assert_eq!(
        (
            count(&registry, "queued"),
            count(&registry, "dropped_queue_full")
        ),
        (5, 3)
    );
    exporter.shutdown(SOON).await;
    assert_eq!(
        (count(&registry, "exported"), count(&registry, "queued")),
        (5, 0)
    );
    let mut messages = 0;
    while told.try_recv().is_ok() {
        messages += 1;
    }
    assert_eq!(messages, 3);
    exporter.shutdown(SOON).await;
}

#[tokio::test]
async fn a_collector_that_says_nothing_does_not_hold_up_the_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("bound"));
    let limits = Limits {
        batch: 2,
        timeout: SOON * 10,
        ..quick()
    };
    let (exporter, registry) = exporter(&url, limits);
    let tracer = Tracer::new(1, Sampler::ALL, Arc::new(exporter.clone()));
    for _ in 0..5 {
        drop(tracer.open(&HeaderMap::new(), "work", Kind::Internal));
    }
    let ended = tokio::time::timeout(SOON, exporter.shutdown(Duration::from_millis(50)));
    ended.await.expect("it ends");
    assert_eq!(
        (
            count(&registry, "exported"),
            count(&registry, "dropped_at_end")
        ),
        (0, 5)
    );
}
