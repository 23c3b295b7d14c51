//! A server with one lab that is a shell script.
//!
//! Each script holds a FIFO open that the test reads: its end says that the script and everything it has started are
//! gone.

use crate::common;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use lifecycle::{Shutdown, Tracker};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use workbook::exercises::desk::Desk;
use workbook::exercises::web;
use workbook::labs::{Lab, Labs, Limits};
use workbook::server::token::Token;
use workbook::server::{self, Door};
use workbook::site::Site;

/// Limits that no test reaches by being slow.
pub(crate) const PATIENT: Limits = Limits {
    deadline: Duration::from_mins(5),
    build: Duration::from_mins(5),
    grace: Duration::from_mins(5),
    lines: 64 << 10,
    document: 1 << 20,
    memory: 1 << 30,
    processes: 16,
    tasks: 64,
};

/// A server on a free port with one lab, `queue`.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    pub(crate) folder: TempDir,
    pub(crate) shutdown: Shutdown,
    pub(crate) tracker: Tracker,
    pub(crate) serving: JoinHandle<()>,
}

impl Server {
    /// Serves with the lab's script being `script`, which finds its folder in `$0`'s place.
    pub(crate) async fn start(script: &str, limits: Limits) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Server::open(script, limits, None, folder).await
    }

    /// Serves with a learner's desk in the folder, and a lab that does nothing.
    pub(crate) async fn with_desk(desk: Desk, folder: TempDir) -> Server {
        Server::open("true", PATIENT, Some(desk), folder).await
    }

    async fn open(script: &str, limits: Limits, desk: Option<Desk>, folder: TempDir) -> Server {
        let program = folder.path().join("queue");
        let here = folder.path().display();
        std::fs::write(
            folder.path().join("script"),
            format!("#!/bin/sh\ncd {here}\n{script}\n"),
        )
        .expect("a script");
        // Not written by this process: a child that another test starts meanwhile could still
        // hold it open for writing, and then it cannot be run.
        command("install -m 755 script queue", folder.path());
        command("mkfifo alive go", folder.path());
        std::fs::write(folder.path().join("run.json"), run()).expect("a result");

        let site = folder.path().join("site");
        std::fs::create_dir(&site).expect("a folder");
        std::fs::write(site.join("index.html"), "<h1>Index</h1><script>1</script>")
            .expect("a page");
        std::fs::write(site.join("picture.svg"), "<svg/>").expect("a picture");
        std::fs::write(site.join("404.html"), "<h1>Nothing here</h1>").expect("a page");
        std::fs::write(folder.path().join("secret.html"), "secret")
            .expect("a file beside the site");

        let shutdown = Shutdown::new();
        let tracker = Tracker::new();
        let lab = Lab::of_program(common::info(), program);
        let labs = Labs::new([lab], limits, shutdown.clone(), tracker.clone());
        let mut api = labs.router();
        if let Some(desk) = desk {
            let page = PathBuf::from("concurrency/channels.html");
            let pages = [("channels/2".to_owned(), page)].into();
            api = api.merge(web::router(desk, pages, shutdown.clone(), tracker.clone()));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let door = Door {
            token: Token::random().expect("randomness"),
            names: Vec::new(),
        };
        let token = door.token.reveal().to_owned();
        let app = server::router(Site::load(&site).expect("a site"), api, door, address);
        let stop = shutdown.triggered();
        let serving = tokio::spawn(async move {
            listen::serve(listener, app, listen::Limits::default(), stop).await;
        });
        Server {
            address,
            token,
            folder,
            shutdown,
            tracker,
            serving,
        }
    }

    pub(crate) async fn client(&self) -> SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.address)
            .await
            .expect("the server listens");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1");
        tokio::spawn(connection);
        sender
    }

    /// With the token, unless there is a cookie or another `Authorization`.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, self.address.to_string());
        }
        if !headers
            .iter()
            .any(|(name, _)| ["authorization", "cookie"].contains(name))
        {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::from(body.to_owned()))
            .expect("a request");
        self.client()
            .await
            .send_request(request)
            .await
            .expect("an answer")
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Response<Incoming> {
        self.send("POST", path, &[("content-type", "application/json")], body)
            .await
    }

    /// Starts a run; its events are read from what is returned.
    pub(crate) async fn run(&self) -> Events {
        let response = self.post("/api/labs/queue/run", "{}").await;
        assert_eq!(response.status(), StatusCode::OK);
        events(response)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The end of the FIFO that everything the script has started holds open.
    pub(crate) fn alive(&self) -> pipe::Receiver {
        pipe::OpenOptions::new()
            .open_receiver(self.path("alive"))
            .expect("a FIFO")
    }

    pub(crate) async fn end(self) {
        self.shutdown.trigger("the test is over");
        self.serving.await.expect("the server ends");
        let report = self.tracker.drain(Duration::from_mins(1)).await;
        assert!(report.cut_off.is_empty(), "{report:?}");
    }
}

pub(crate) fn command(line: &str, folder: &Path) {
    let mut words = line.split(' ');
    let program = words.next().unwrap_or_default();
    let status = std::process::Command::new(program)
        .args(words)
        .current_dir(folder)
        .status();
    assert!(
        status.expect("a program of every system").success(),
        "{line}"
    );
}

/// Returns when nothing holds the FIFO any more.
pub(crate) async fn gone(mut alive: pipe::Receiver) {
    let mut rest = Vec::new();
    alive
        .read_to_end(&mut rest)
        .await
        .expect("the FIFO can be read");
}

/// The events of an answer, as they come.
pub(crate) fn events(response: Response<Incoming>) -> Events {
    Events {
        body: response.into_body(),
        pending: Vec::new(),
    }
}

/// The events of a run, as they come.
pub(crate) struct Events {
    pub(crate) body: Incoming,
    pub(crate) pending: Vec<u8>,
}

impl Events {
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("a line of JSON"));
            }
            let frame = self.body.frame().await?.expect("the answer goes on");
            self.pending
                .extend_from_slice(&frame.into_data().unwrap_or_default());
        }
    }

    /// Skips to the line that says `text`.
    pub(crate) async fn line(&mut self, text: &str) {
        while let Some(event) = self.next().await {
            if event == json!({ "event": "line", "text": text }) {
                return;
            }
        }
        panic!("the run has ended without the line {text:?}");
    }

    pub(crate) async fn ending(mut self) -> Value {
        let mut last = Value::Null;
        while let Some(event) = self.next().await {
            last = event;
        }
        last
    }
}

pub(crate) fn run() -> String {
    serde_json::to_string(&common::run(0, 100)).expect("a run is JSON")
}

pub(crate) async fn text(response: Response<Incoming>) -> String {
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    String::from_utf8_lossy(&body).into_owned()
}
