//! Spans for a collector: one that is not ours takes them, a dead one holds nobody up.
//!
//! Who takes them is, where it is there, `rotel` (the environment's `ROTEL` names its program), a collector of its own, and
//! a Python with the package `opentelemetry-proto` (`OTLP_PYTHON` names it), which decodes them by the official definitions.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use hyper::Method;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Process, Service, order};

/// A caller's trace that is recorded, and one that is not.
const RECORDED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const NOT_RECORDED: &str = "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Asks for things: within a trace that is recorded, within one that is not, and on its own behalf.
async fn ask(service: &Process) -> Value {
    let client = service.client();
    let body = order(&[(1, 1)]).to_string();
    let json = ("content-type", "application/json");
    let recorded = [json, ("traceparent", RECORDED), ("tracestate", "shop=7")];
    let placed = client
        .send(Method::POST, "/v1/orders", &recorded, &body)
        .await;
    assert_eq!(placed.expect("an answer").status, 201);
    let hidden = [("traceparent", NOT_RECORDED)];
    client
        .send(Method::GET, "/v1/statistics", &hidden, "")
        .await
        .expect("an answer");
    let missing = client.get("/v1/orders/99999").await;
    assert_eq!(missing.status, 404);
    missing.json()
}

#[tokio::test]
async fn the_official_definitions_find_all_of_a_trace_in_what_is_sent() {
    let python = std::env::var("OTLP_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/receiver.py");
    let mut receiver = Command::new(&python);
    let mut receiver = receiver
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map(Running)
        .ok();
    let mut lines = receiver
        .as_mut()
        .and_then(|receiver| receiver.0.stdout.take())
        .map(BufReader::new);
    let mut first = String::new();
    if let Some(lines) = &mut lines {
        lines.read_line(&mut first).expect("readable");
    }
    let (Ok(addr), Some(mut lines), Some(receiver)) =
        (first.trim().parse::<SocketAddr>(), lines, receiver)
    else {
        println!(
            "SKIPPED: {python} has no package `opentelemetry-proto`; set OTLP_PYTHON to one that has"
        );
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--otlp-endpoint", &format!("http://{addr}")])
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary")
        .start();
    let missing = ask(&service).await;
    let (status, log) = service.stop().await;
    assert!(status.success(), "{log}");
    let mut receiver = receiver;
    drop(receiver.0.stdin.take());
    let mut text = String::new();
    lines.read_to_string(&mut text).expect("readable");
    let spans: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let find = |name: &str| {
        spans
            .iter()
            .find(|span| span["name"] == name)
            .unwrap_or_else(|| panic!("no {name}: {text}"))
    };

    let request = find("POST /v1/orders");
    assert_eq!(request["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(request["parent"], "00f067aa0ba902b7");
    assert_eq!(request["state"], "shop=7");
    assert_eq!(request["kind"], "SPAN_KIND_SERVER");
    assert_eq!(request["attributes"]["http.response.status_code"], 201);
    assert_eq!(request["attributes"]["http.route"], "/v1/orders");
    assert_eq!(request["resource"]["service.name"], "sales-api");
    assert_eq!(request["scope"], "otlp");
    assert!(request["end"].as_u64() >= request["start"].as_u64());
    let store = find("store.place");
    assert_eq!(
        (&store["parent"], &store["trace"]),
        (&request["span"], &request["trace"])
    );
    assert_eq!(
        (&store["kind"], &store["attributes"]["db.system.name"]),
        (&"SPAN_KIND_CLIENT".into(), &"sqlite".into())
    );
    // What is logged and answered has the same ids; what a caller does not record is left out.
    let own = find("GET /v1/orders/{id}");
    assert_eq!(own["trace"], missing["trace_id"]);
    assert_eq!(own["attributes"]["error.type"], "not_found");
    let logged = |span: &Value| log.contains(span["span"].as_str().expect("an id"));
    assert!(logged(own) && logged(request), "{log}");
    assert!(
        !text.contains("5bf92f3577b34da6a3ce929d0e0e4736")
            && !text.contains("canary")
            && !log.contains("canary")
    );
}

#[tokio::test]
async fn a_collector_takes_them() {
    let Ok(program) = std::env::var("ROTEL") else {
        println!(
            "SKIPPED: no collector here; ROTEL names the program `rotel-agent` of the package rotel"
        );
        return;
    };
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("bound").port()
    };
    let endpoint = format!("127.0.0.1:{port}");
    let mut collector = Command::new(&program)
        .args([
            "start",
            "--otlp-http-endpoint",
            &endpoint,
            "--otlp-grpc-endpoint",
            "127.0.0.1:0",
            "--exporter",
            "blackhole",
        ])
        .args(["--debug-log", "traces", "--debug-log-verbosity", "detailed"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .expect("the collector starts");
    while std::net::TcpStream::connect(&endpoint).is_err() {
        assert!(
            collector.0.try_wait().expect("it can be asked").is_none(),
            "the collector has ended"
        );
        tokio::task::yield_now().await;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{endpoint}"))
        .start();
    ask(&service).await;
    let exported = async {
        loop {
            let otlp = service.variables().await["otlp"].clone();
            assert_eq!(
                (&otlp["rejected"], &otlp["dropped_unsent"]),
                (&0.into(), &0.into()),
                "{otlp}"
            );
            if otlp["exported"].as_u64() >= Some(4) {
                break;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(2), exported)
        .await
        .expect("they are taken");
    service.stop().await;
    rustix::process::kill_process(rustix::process::Pid::from_child(&collector.0), Signal::TERM)
        .expect("it runs");
    let mut text = String::new();
    collector
        .0
        .stdout
        .take()
        .expect("piped")
        .read_to_string(&mut text)
        .expect("text");
    for word in [
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "POST /v1/orders",
        "store.place",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_dead_collector_holds_nobody_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", silent.local_addr().expect("bound"));
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--otlp-endpoint", &endpoint])
        .start();
    ask(&service).await;
    let otlp = service.variables().await["otlp"].clone();
    assert_eq!(otlp["exported"], 0);
    let (status, log) = service.stop().await;
    assert!(status.success(), "{log}");
    assert!(log.contains("\"ended\""), "{log}");
}
