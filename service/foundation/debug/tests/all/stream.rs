//! The stream of changes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use debug::Config;
use expvar::Registry;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::client::get;
use crate::serve;

/// A client of the stream, which reads one event after the other.
struct Client {
    lines: BufReader<TcpStream>,
}

impl Client {
    /// Opens the stream, as soon as there is room for one more.
    async fn open(addr: SocketAddr, path: &str) -> Self {
        loop {
            let (client, head) = Self::ask(addr, path).await;
            if head.starts_with("http/1.1 200 ok") {
                assert!(head.contains("content-type: text/event-stream\n"), "{head}");
                return client;
            }
            assert!(head.starts_with("http/1.1 503"), "{head}");
        }
    }

    async fn ask(addr: SocketAddr, path: &str) -> (Self, String) {
        let mut stream = TcpStream::connect(addr).await.expect("somebody listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let mut client = Self {
            lines: BufReader::new(stream),
        };
        let mut head = String::new();
        while let Some(line) = client.line().await.filter(|line| !line.is_empty()) {
            head.push_str(&line.to_ascii_lowercase());
            head.push('\n');
        }
        (client, head)
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let len = self.lines.read_line(&mut line).await.ok()?;
        (len > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event's name and data; none at the end of the stream.
    async fn event(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            let line = self.line().await?;
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).expect("JSON")));
            }
        }
    }
}

#[tokio::test]
async fn first_comes_the_document_and_then_what_changes() {
    let registry = Registry::new();
    let count = registry.counter("count").expect("free");
    registry.text("still").expect("free").set("here");
    let running = serve(Config::new(registry));
    let mut client = Client::open(running.addr(), "/debug/vars?stream=100ms").await;
    let all = json!({ "count": 0, "still": "here" });
    assert_eq!(client.event().await, Some(("all".to_owned(), all)));
    count.add(3);
    let changed = json!({ "count": 3 });
    assert_eq!(client.event().await, Some(("changed".to_owned(), changed)));
}

#[tokio::test]
async fn a_stream_ends_with_its_client_and_with_the_listener() {
    let registry = Registry::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let asked_so_far = move || counted.fetch_add(1, Ordering::Relaxed).into();
    registry.func("asked", asked_so_far).expect("free");
    let running = serve(Config::new(registry));

    // More clients one after the other than there may be at a time: each makes room when it leaves.
    for _ in 0..40 {
        let mut client = Client::open(running.addr(), "/debug/vars?stream=1m").await;
        client.event().await.expect("the document");
        drop(client);
    }
    let mut client = Client::open(running.addr(), "/debug/vars?stream=100ms").await;
    client.event().await.expect("the document");
    client.event().await.expect("it changes by being asked");
    tokio::task::spawn_blocking(move || running.stop())
        .await
        .expect("no panic");
    while client.event().await.is_some() {}
    assert!(asked.load(Ordering::Relaxed) >= 42);
}

#[tokio::test]
async fn streams_are_bounded_in_period_and_number() {
    let running = serve(Config::new(Registry::new()));
    let addr = running.addr();
    for period in ["", "1", "10ms", "2m", "%3Cb%3E"] {
        let answer = get(addr, &format!("/debug/vars?stream={period}")).await;
        assert_eq!(answer.status, 400, "{period}");
        assert!(
            answer
                .text()
                .starts_with("stream must be a time from 100ms to 1m"),
            "{}",
            answer.text()
        );
    }
    let mut open = Vec::new();
    for _ in 0..16 {
        let mut client = Client::open(addr, "/debug/vars?stream=1m").await;
        client.event().await.expect("the document");
        open.push(client);
    }
    let refused = get(addr, "/debug/vars?stream=1m").await;
    assert_eq!(refused.status, 503);
    assert_eq!(get(addr, "/debug/vars").await.status, 200);
    drop(open);
    // They end when the server notices that their clients have gone.
    let mut client = Client::open(addr, "/debug/vars?stream=1m").await;
    client.event().await.expect("the document");
}
