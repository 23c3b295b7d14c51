//! The server as a browser meets it, with labs that misbehave.
//!
//! The labs are shell scripts. Each holds a FIFO open that the test reads: its end says that the
//! script and everything it has started are gone.

mod common;

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
use workbook::labs::{Lab, Labs, Limits};
use workbook::server;
use workbook::site::Site;

/// Limits that no test reaches by being slow.
const PATIENT: Limits = Limits {
    deadline: Duration::from_mins(5),
    build: Duration::from_mins(5),
    grace: Duration::from_mins(5),
    lines: 64 << 10,
    document: 1 << 20,
};

/// A server on a free port with one lab, `queue`.
struct Server {
    address: SocketAddr,
    folder: TempDir,
    shutdown: Shutdown,
    tracker: Tracker,
    serving: JoinHandle<()>,
}

impl Server {
    /// Serves with the lab's script being `script`, which finds its folder in `$0`'s place.
    async fn start(script: &str, limits: Limits) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
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
        std::fs::write(site.join("404.html"), "<h1>Nothing here</h1>").expect("a page");
        std::fs::write(folder.path().join("secret.html"), "secret")
            .expect("a file beside the site");

        let shutdown = Shutdown::new();
        let tracker = Tracker::new();
        let lab = Lab::of_program(common::info(), program);
        let labs = Labs::new([lab], limits, shutdown.clone(), tracker.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let app = server::router(Site::load(&site).expect("a site"), labs.router(), address);
        let stop = shutdown.triggered();
        let serving = tokio::spawn(async move {
            listen::serve(listener, app, listen::Limits::default(), stop).await;
        });
        Server {
            address,
            folder,
            shutdown,
            tracker,
            serving,
        }
    }

    async fn client(&self) -> SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.address)
            .await
            .expect("the server listens");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1");
        tokio::spawn(connection);
        sender
    }

    async fn send(
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

    async fn post(&self, path: &str, body: &str) -> Response<Incoming> {
        self.send("POST", path, &[("content-type", "application/json")], body)
            .await
    }

    /// Starts a run; its events are read from what is returned.
    async fn run(&self) -> Events {
        let response = self.post("/api/labs/queue/run", "{}").await;
        assert_eq!(response.status(), StatusCode::OK);
        Events {
            body: response.into_body(),
            pending: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The end of the FIFO that everything the script has started holds open.
    fn alive(&self) -> pipe::Receiver {
        pipe::OpenOptions::new()
            .open_receiver(self.path("alive"))
            .expect("a FIFO")
    }

    async fn end(self) {
        self.shutdown.trigger("the test is over");
        self.serving.await.expect("the server ends");
        let report = self.tracker.drain(Duration::from_mins(1)).await;
        assert!(report.cut_off.is_empty(), "{report:?}");
    }
}

fn command(line: &str, folder: &Path) {
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
async fn gone(mut alive: pipe::Receiver) {
    let mut rest = Vec::new();
    alive
        .read_to_end(&mut rest)
        .await
        .expect("the FIFO can be read");
}

/// The events of a run, as they come.
struct Events {
    body: Incoming,
    pending: Vec<u8>,
}

impl Events {
    async fn next(&mut self) -> Option<Value> {
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
    async fn line(&mut self, text: &str) {
        while let Some(event) = self.next().await {
            if event == json!({ "event": "line", "text": text }) {
                return;
            }
        }
        panic!("the run has ended without the line {text:?}");
    }

    async fn ending(mut self) -> Value {
        let mut last = Value::Null;
        while let Some(event) = self.next().await {
            last = event;
        }
        last
    }
}

fn run() -> String {
    serde_json::to_string(&common::run(0, 100)).expect("a run is JSON")
}

async fn text(response: Response<Incoming>) -> String {
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    String::from_utf8_lossy(&body).into_owned()
}

#[tokio::test]
async fn lines_come_while_the_lab_runs_and_the_picture_at_its_end() {
    // It goes on only when the test has seen its first line.
    let server = Server::start(
        "echo args: $* >&2; read x < go; echo more >&2; cat run.json",
        PATIENT,
    )
    .await;
    let response = server
        .post("/api/labs/queue/run", r#"{"knobs":{"capacity":7}}"#)
        .await;
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/x-ndjson"
    );
    let mut events = Events {
        body: response.into_body(),
        pending: Vec::new(),
    };
    assert_eq!(
        events.next().await,
        Some(json!({ "event": "status", "text": "Running …" }))
    );
    events
        .line("args: --json --samples --capacity 7 --work 100")
        .await;
    std::fs::write(server.path("go"), "\n").expect("the lab waits for this");
    events.line("more").await;
    let result = events.next().await.expect("a result");
    assert_eq!(result["event"], "result");
    assert!(
        result["svg"]
            .as_str()
            .is_some_and(|svg| svg.starts_with("<svg") && svg.contains("producer 1"))
    );
    assert!(
        result["report"]
            .as_str()
            .is_some_and(|report| report.contains("<td class=\"number\">1.25 ms</td>"))
    );
    assert_eq!(
        result["numbers"]["0/send p50"],
        json!({ "text": "1.25 ms", "value": 1_250_000.0 })
    );
    assert_eq!(result["numbers"]["*/send p50"]["text"], "900 ns");
    assert_eq!(result["knobs"], json!({ "capacity": 0, "work": 100 }));
    assert_eq!(
        events.ending().await,
        json!({ "event": "ended", "how": "finished", "text": "Finished." })
    );
    server.end().await;
}

#[tokio::test]
async fn samples_come_while_the_lab_runs_and_are_no_part_of_its_result() {
    let line = |at: u64| {
        format!(
            r#"{{"sample":{{"at_ns":{at},"readings":[{{"name":"depth","value":2.0,"grows":false}}]}}}}"#
        )
    };
    let script = format!(
        "echo '{}'; read x < go; echo '{}'; cat run.json",
        line(1),
        line(2)
    );
    let server = Server::start(&script, PATIENT).await;
    let response = server.post("/api/labs/queue/run", "{}").await;
    let mut events = Events {
        body: response.into_body(),
        pending: Vec::new(),
    };
    let _running = events.next().await;
    let sample = |at: u64| json!({ "event": "sample", "at_ns": at, "readings": [{ "name": "depth", "value": 2.0, "grows": false }] });
    assert_eq!(events.next().await, Some(sample(1)));
    std::fs::write(server.path("go"), "\n").expect("the lab waits for this");
    assert_eq!(events.next().await, Some(sample(2)));
    assert_eq!(events.next().await.expect("a result")["event"], "result");
    assert_eq!(events.ending().await["how"], "finished");
    server.end().await;
}

#[tokio::test]
async fn a_page_looks_closer_at_the_last_run_and_at_no_other() {
    let server = Server::start("cat run.json", PATIENT).await;
    let source = async || {
        let mut events = server.run().await;
        let result = loop {
            let event = events.next().await.expect("a result comes");
            if event["event"] == "result" {
                break event;
            }
        };
        let svg = result["svg"].as_str().expect("a picture").to_owned();
        events.ending().await;
        let source = svg.split("data-source=\"").nth(1).expect("where to ask");
        source.split('"').next().expect("a value").to_owned()
    };
    let ask = async |source: &str, part: &str| {
        let response = server
            .send("GET", &format!("{source}{part}"), &[], "")
            .await;
        let status = response.status().as_u16();
        (status, text(response).await)
    };
    let first = source().await;
    let (status, svg) = ask(&first, "&from=200000&to=300000").await;
    assert_eq!(status, 200, "{svg}");
    assert!(
        svg.starts_with("<svg") && svg.contains("data-from=\"200000\" data-to=\"300000\""),
        "{svg}"
    );
    for (part, expected) in [
        ("&from=5&to=5", 400),
        ("&from=9&to=3", 400),
        ("&from=99000000000&to=99000000001", 400),
        ("&from=-1&to=3", 400),
        ("&from=0", 400),
        ("&from=0&to=9&width=9", 400),
    ] {
        assert_eq!(ask(&first, part).await.0, expected, "{part}");
    }
    let second = source().await;
    assert_ne!(first, second);
    let (status, why) = ask(&first, "&from=0&to=9").await;
    assert_eq!(status, 410);
    assert!(why.contains("another_run"), "{why}");
    assert_eq!(ask(&second, "&from=0&to=9").await.0, 200);
    assert_eq!(
        ask("/api/labs/nothing/timeline?run=1", "&from=0&to=9")
            .await
            .0,
        404
    );
    server.end().await;
}

#[tokio::test]
async fn only_known_labs_with_knobs_in_range_are_started() {
    let server = Server::start("touch started", PATIENT).await;
    let cases = [
        (
            "/api/labs/nothing/run",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no lab",
        ),
        (
            "/api/labs/..%2Fqueue/run",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no lab",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"capacity":65}}"#,
            StatusCode::BAD_REQUEST,
            "--capacity 65 is out of range: it takes 0 to 64 orders",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"work":75}}"#,
            StatusCode::BAD_REQUEST,
            "lies between two steps",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"hold":1}}"#,
            StatusCode::BAD_REQUEST,
            "queue has no knob --hold",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"work":"1; rm"}}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid type",
        ),
        (
            "/api/labs/queue/run",
            r#"{"command":"x"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknown field",
        ),
        (
            "/api/labs/queue/run",
            "{",
            StatusCode::BAD_REQUEST,
            "EOF while parsing",
        ),
        (
            "/api/labs/nothing/stop",
            "",
            StatusCode::NOT_FOUND,
            "there is no lab",
        ),
        (
            "/api/labs/queue/stop",
            "",
            StatusCode::CONFLICT,
            "queue is not running",
        ),
    ];
    for (path, body, status, message) in cases {
        let response = server.post(path, body).await;
        assert_eq!(response.status(), status, "{path} {body}");
        let answer = text(response).await;
        assert!(answer.contains(message), "{path} {body}: {answer}");
    }
    let form = server
        .send(
            "POST",
            "/api/labs/queue/run",
            &[("content-type", "text/plain")],
            "{}",
        )
        .await;
    assert_eq!(
        form.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "what a form of another page can send"
    );
    let large = format!("{{\"knobs\":{{\"{}\":1}}}}", "x".repeat(20 << 10));
    assert_eq!(
        server.post("/api/labs/queue/run", &large).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert!(
        !server.path("started").exists(),
        "none of these may start the program"
    );
    server.end().await;
}

#[tokio::test]
async fn pages_of_other_origins_and_rebound_names_are_refused() {
    let server = Server::start("touch started", PATIENT).await;
    let json = ("content-type", "application/json");
    let own = format!("http://{}", server.address);
    for (path, method) in [
        ("/api/labs/queue/run", "POST"),
        ("/api/labs/queue/stop", "POST"),
        ("/api/labs/queue", "GET"),
        ("/", "GET"),
    ] {
        for foreign in [
            ("host", "evil.example"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let response = server.send(method, path, &[json, foreign], "{}").await;
            assert_eq!(
                response.status(),
                StatusCode::FORBIDDEN,
                "{method} {path} with {foreign:?}"
            );
        }
    }
    assert!(
        !server.path("started").exists(),
        "none of these may start the program"
    );
    let page = server
        .send(
            "GET",
            "/api/labs/queue",
            &[("origin", &own), ("sec-fetch-site", "same-origin")],
            "",
        )
        .await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(text(page).await.contains("\"running\":false"));
    server.end().await;
}

#[tokio::test]
async fn a_lab_runs_once_at_a_time_and_stops_when_told() {
    let server = Server::start("exec 3>alive; sleep 1000 & echo up >&2; wait", PATIENT).await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    let second = server.post("/api/labs/queue/run", "{}").await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    assert!(text(second).await.contains("queue is running already"));
    let described = server.send("GET", "/api/labs/queue", &[], "").await;
    assert!(text(described).await.contains("\"running\":true"));

    assert_eq!(
        server.post("/api/labs/queue/stop", "").await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        events.ending().await,
        json!({ "event": "ended", "how": "stopped", "text": "Stopped." })
    );
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn the_place_is_free_when_the_run_is_over() {
    let server = Server::start("cat run.json", PATIENT).await;
    for _ in 0..3 {
        assert_eq!(server.run().await.ending().await["how"], "finished");
    }
    server.end().await;
}

#[tokio::test]
async fn a_page_that_leaves_ends_everything_the_lab_has_started() {
    let server = Server::start(
        "exec 3>alive; (sleep 1000 & sleep 1000) & echo up >&2; wait",
        PATIENT,
    )
    .await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    drop(events);
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn a_lab_that_does_not_listen_is_killed() {
    let limits = Limits {
        grace: Duration::from_millis(100),
        ..PATIENT
    };
    let server = Server::start(
        "trap '' TERM; exec 3>alive; echo up >&2; while :; do sleep 1000; done",
        limits,
    )
    .await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    server.post("/api/labs/queue/stop", "").await;
    assert_eq!(events.ending().await["how"], "stopped");
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn what_a_lab_leaves_behind_is_ended_with_it() {
    let server = Server::start(
        "exec 3>alive; sleep 1000 >/dev/null 2>&1 & cat run.json",
        PATIENT,
    )
    .await;
    let alive = server.alive();
    assert_eq!(server.run().await.ending().await["how"], "finished");
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn time_and_output_are_limited() {
    let short = Limits {
        deadline: Duration::from_millis(300),
        ..PATIENT
    };
    let cases = [
        (
            "exec 3>alive; sleep 1000",
            short,
            "deadline",
            "Ended: it took longer than 0.3 s.",
        ),
        (
            "exec 3>alive; yes >&2",
            PATIENT,
            "output",
            "Ended: it wrote more than a page can hold.",
        ),
        (
            "exec 3>alive; yes",
            PATIENT,
            "output",
            "Ended: it wrote more than a page can hold.",
        ),
        (
            "exec 3>alive; head -c 1000000 /dev/zero >&2",
            PATIENT,
            "output",
            "Ended: it wrote more than a page can hold.",
        ),
    ];
    for (script, limits, how, text) in cases {
        let server = Server::start(script, limits).await;
        let alive = server.alive();
        assert_eq!(
            server.run().await.ending().await,
            json!({ "event": "ended", "how": how, "text": text }),
            "{script}"
        );
        gone(alive).await;
        server.end().await;
    }
}

#[tokio::test]
async fn a_lab_without_a_result_has_failed() {
    let cases = [
        (
            "echo no such knob >&2; exit 3",
            "queue has failed (exit status: 3).",
        ),
        ("kill -SEGV $$", "queue has failed (signal: 11 (SIGSEGV)"),
        (
            "echo hello",
            "Its result cannot be used: it is no run of a lab: expected value at line 1",
        ),
        (
            "true",
            "Its result cannot be used: it is no run of a lab: EOF",
        ),
    ];
    for (script, expected) in cases {
        let server = Server::start(script, PATIENT).await;
        let ending = server.run().await.ending().await;
        assert_eq!(ending["how"], "failed", "{script}");
        assert!(
            ending["text"]
                .as_str()
                .is_some_and(|text| text.starts_with(expected)),
            "{script}: {ending}"
        );
        server.end().await;
    }
}

#[tokio::test]
async fn the_servers_end_is_the_runs_end() {
    let server = Server::start("exec 3>alive; echo up >&2; sleep 1000", PATIENT).await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    server.shutdown.trigger("test");
    assert_eq!(events.ending().await["how"], "shutdown");
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn pages_come_with_their_headers_and_nothing_else_comes() {
    let server = Server::start("true", PATIENT).await;
    let page = server.send("GET", "/", &[], "").await;
    assert_eq!(page.status(), StatusCode::OK);
    let headers = page.headers().clone();
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let policy = headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("text");
    assert!(
        policy.contains("script-src 'self' 'sha256-") && !policy.contains("unsafe-eval"),
        "{policy}"
    );

    let tag = headers[header::ETAG].to_str().expect("text");
    assert_eq!(
        server
            .send("GET", "/index.html", &[("if-none-match", tag)], "")
            .await
            .status(),
        StatusCode::NOT_MODIFIED
    );
    assert_eq!(
        server.send("HEAD", "/", &[], "").await.status(),
        StatusCode::OK
    );
    assert_eq!(
        server.send("POST", "/", &[], "").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    for path in [
        "/../secret.html",
        "/..%2fsecret.html",
        "/%2e%2e/secret.html",
        "//secret.html",
        "/secret.html",
        "/index.html/../../secret.html",
    ] {
        let response = server.send("GET", path, &[], "").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(text(response).await.contains("Nothing here"), "{path}");
    }
    server.end().await;
}

#[tokio::test]
async fn the_book_is_for_this_machine_only() {
    let refused =
        server::bind("0.0.0.0:0".parse().expect("an address")).expect_err("not on every address");
    assert!(
        refused.to_string().contains("--book 0.0.0.0:0"),
        "{refused}"
    );
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let busy = server::bind(taken.local_addr().expect("an address")).expect_err("it is taken");
    assert!(busy.to_string().contains("--book"), "{busy}");
}
