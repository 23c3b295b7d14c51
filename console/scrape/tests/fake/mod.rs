//! An HTTP server that behaves as badly as a test wants it to, on a real socket.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "shared by tests that each use a part"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A proper answer: status, content type, body.
    Answer(u16, &'static str, Vec<u8>),
    /// A proper answer with a `location`.
    Redirect(&'static str),
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, then silence.
    Stall(Vec<u8>),
    /// A body that never ends.
    Endless,
}

impl Reply {
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(200, "application/json; charset=utf-8", body.into())
    }

    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(200, "text/plain; version=0.0.4; charset=utf-8", body.into())
    }

    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(200, "text/html; charset=utf-8", body.into())
    }

    pub fn error(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(status, "text/plain; charset=utf-8", body.into())
    }

    pub fn not_found() -> Self {
        Self::error(404, "404 page not found\n")
    }

    /// Accepts and never answers.
    pub fn hang() -> Self {
        Self::Stall(Vec::new())
    }
}

/// A running server. Dropping it closes its socket and all of its connections.
pub struct Fake {
    pub addr: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    accepted: AtomicUsize,
    requests: AtomicUsize,
    hung_up: Notify,
}

impl Fake {
    /// Starts on a free port. `reply` sees the head of each request.
    pub async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), reply).await
    }

    pub async fn start_at(
        addr: SocketAddr,
        reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(addr)
            .await
            .expect("a port of loopback can be bound");
        let addr = listener
            .local_addr()
            .expect("a bound socket has an address");
        let state = Arc::new(State::default());
        let task = tokio::spawn(accept(listener, Arc::new(reply), Arc::clone(&state)));
        Self { addr, state, task }
    }

    /// As a target is typed.
    pub fn target(&self) -> String {
        self.addr.to_string()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Connections so far.
    pub fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// Waits until a client closes a connection on which the server stalls.
    pub async fn hung_up(&self) {
        self.state.hung_up.notified().await;
    }

    /// Ends the server and waits until its port is free.
    pub async fn kill(mut self) -> SocketAddr {
        self.task.abort();
        drop((&mut self.task).await);
        self.addr
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What `future` comes to. A test that would wait forever fails instead.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future)
        .await
        .expect("it happens within a minute")
}

/// The path asked for, with its query.
pub fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

async fn accept(
    listener: TcpListener,
    reply: Arc<impl Fn(&str) -> Reply + Send + Sync + 'static>,
    state: Arc<State>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.accepted.fetch_add(1, Ordering::SeqCst);
        connections.spawn(serve(stream, Arc::clone(&reply), Arc::clone(&state)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(
    mut stream: TcpStream,
    reply: Arc<impl Fn(&str) -> Reply>,
    state: Arc<State>,
) -> std::io::Result<()> {
    while let Some(head) = read_head(&mut stream).await? {
        state.requests.fetch_add(1, Ordering::SeqCst);
        match reply(&head) {
            Reply::Answer(status, content_type, body) => {
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                stream.write_all(&[head.as_bytes(), &body].concat()).await?;
            }
            Reply::Redirect(location) => {
                let answer =
                    format!("HTTP/1.1 302 X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await?;
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Reply::Stall(bytes) => {
                stream.write_all(&bytes).await?;
                drop(stream.read(&mut [0; 1]).await);
                state.hung_up.notify_one();
                return Ok(());
            }
            Reply::Endless => {
                stream
                    .write_all(
                        b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n{\"a\": \"",
                    )
                    .await?;
                loop {
                    stream.write_all(&[b'x'; 16 * 1024]).await?;
                }
            }
        }
    }
    Ok(())
}

async fn read_head(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}
