//! The program on services that answer, that do not, and that answer badly.

use std::net::TcpListener;

use crate::support::{Scripted, Sidecar, answer, command, get, official};

const VARS: &str = r#"{"requests": 7, "latency_ns": {"count": 2, "sum": 3000000000, "p50": 1000000000, "p99": 2000000000},
    "routes": {"GET": {"/v1/orders/{id}": {"2xx": 5}}}, "build": {"name": "shop"}}"#;

#[test]
fn variables_are_metrics_that_others_can_read() {
    let service = Scripted::start(vec![answer("200 OK", VARS)]);
    let sidecar = Sidecar::start(&["--from", &service.url()]);
    let text = sidecar.metrics();
    for line in [
        "requests_total 7\n",
        "latency_seconds{quantile=\"0.99\"} 2\n",
        "latency_seconds_sum 3\n",
        "routes_total{method=\"GET\",route=\"/v1/orders/{id}\",status=\"2xx\"} 5\n",
        "build_info{name=\"shop\"} 1\n",
        &format!("up{{from=\"{}/debug/vars\"}} 1\n", service.url()),
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    if let Some(families) = official(&text) {
        for family in [
            "requests counter",
            "latency_seconds summary",
            "routes counter",
            "up gauge",
        ] {
            assert!(
                families.iter().any(|have| have == family),
                "{family} in {families:?}"
            );
        }
    }
    let open = get(sidecar.addr, "/metrics", "application/openmetrics-text");
    assert!(
        open.contains("application/openmetrics-text") && open.ends_with("# EOF\n"),
        "{open}"
    );
    for (path, status) in [
        ("/liveness", "200"),
        ("/readiness", "200"),
        ("/", "200"),
        ("/elsewhere", "404"),
    ] {
        let answer = get(sidecar.addr, path, "*/*");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    let (status, log) = sidecar.stop();
    assert!(status.success() && log.contains("SIGTERM"), "{log}");
}

/// The metrics beside a service that cannot be read, with so much time for an answer.
fn down(from: &str, timeout: &str) -> String {
    let sidecar = Sidecar::start(&["--from", from, "--timeout", timeout, "--max-body", "1000"]);
    let text = sidecar.metrics();
    let up = format!("up{{from=\"{from}/debug/vars\"}} 0\n");
    assert!(text.contains(&up), "{text}");
    assert!(official(&text).is_none_or(|families| families.contains(&"up gauge".to_owned())));
    text
}

#[test]
fn a_service_that_cannot_be_read_is_down_with_the_cause() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nobody = format!("http://{}", closed.local_addr().expect("bound"));
    drop(closed);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = format!("http://{}", listener.local_addr().expect("bound"));
    let scripted = |answer: Vec<u8>| Scripted::start(vec![answer]).url();
    let long = format!("{{\"long\": \"{}\"}}", "x".repeat(5_000));
    for (from, timeout, code, cause) in [
        (nobody, "60s", "connect", "cannot connect: "),
        (silent, "300ms", "timed_out", "no answer within 300ms"),
        (
            scripted(answer("401 Unauthorized", "who are you")),
            "60s",
            "status",
            "answered 401 Unauthorized",
        ),
        (
            scripted(answer("200 OK", "<html>")),
            "60s",
            "format",
            "not a document of variables: ",
        ),
        (
            scripted(answer("200 OK", &long)),
            "60s",
            "too_large",
            "more than 1000 bytes",
        ),
        (
            scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec()),
            "60s",
            "broken",
            "the connection broke: ",
        ),
    ] {
        let text = down(&from, timeout);
        let code = format!("code=\"{code}\",cause=\"");
        assert!(
            text.contains(&code) && text.contains(cause),
            "{code}: {text}"
        );
    }
}

#[test]
fn a_token_is_sent_and_shown_nowhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, "canary-0123456789\n").expect("writes");
    let service = Scripted::start(vec![answer("200 OK", VARS)]);
    let file = file.display().to_string();
    let sidecar = Sidecar::start(&["--from", &service.url(), "--token-file", &file]);
    let text = sidecar.metrics();
    let asked = service.asked.lock().expect("no panics")[0].clone();
    let asked = String::from_utf8(asked).expect("text");
    assert!(
        asked.contains("authorization: Bearer canary-0123456789\r\n"),
        "{asked}"
    );
    let (_, log) = sidecar.stop();
    assert!(!text.contains("canary") && !log.contains("canary"), "{log}");
}

#[test]
fn rules_of_a_file_are_heeded_and_bad_settings_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rules.toml");
    let path = file.display().to_string();
    std::fs::write(
        &file,
        "prefix = \"shop_\"\n[[rule]]\npath = \"requests\"\ntype = \"gauge\"\n",
    )
    .expect("writes");
    let service = Scripted::start(vec![answer("200 OK", VARS)]);
    let sidecar = Sidecar::start(&[
        "--from",
        &service.url(),
        "--rules",
        &path,
        "--max-samples",
        "3",
    ]);
    let text = sidecar.metrics();
    assert!(text.contains("shop_requests 7\n"), "{text}");
    assert!(
        text.contains("reason=\"limit\"} 1\n"),
        "the summary has no place: {text}"
    );

    std::fs::write(&file, "[[rule]]\npath = \"a.**.b\"\n").expect("writes");
    for (flags, code, cause) in [
        (&["--rules", &*path][..], 1, "rule 1 (\"a.**.b\")"),
        (&["--rules", "/nowhere"], 1, "--rules /nowhere: "),
        (&["--token-file", "/nowhere"], 1, "--token-file /nowhere: "),
        (
            &["--otlp", "https://me:canary@c"],
            1,
            "--otlp: must be a URL",
        ),
        (
            &["--from", "https://me:canary@h"],
            2,
            "--from: must be a URL",
        ),
        (&["--timeout", "soon"], 2, "--timeout"),
        (&["--otlp-every", "1ms"], 2, "100ms at least"),
        (&["--max-samples", "0"], 2, "--max-samples"),
    ] {
        let output = command(flags).output().expect("starts");
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(
            stderr.contains(cause) && !stderr.contains("canary"),
            "{stderr}"
        );
    }
}

#[test]
fn a_collector_gets_the_metrics_and_the_last_ones_at_the_end() {
    let service = Scripted::start(vec![answer("200 OK", VARS)]);
    let collector = Scripted::start(vec![answer("200 OK", "")]);
    let sidecar = Sidecar::start(&[
        "--from",
        &service.url(),
        "--otlp",
        &collector.url(),
        "--otlp-every",
        "1h",
    ]);
    let (status, log) = sidecar.stop();
    assert!(status.success(), "{log}");
    let asked = collector.asked.lock().expect("no panics");
    let last = asked.last().expect("a message");
    let has = |text: &str| last.windows(text.len()).any(|part| part == text.as_bytes());
    for text in [
        "POST /v1/metrics ",
        "application/x-protobuf",
        "service.name",
        "sales-metrics",
        "requests",
        "latency_seconds",
        "/v1/orders/{id}",
    ] {
        assert!(has(text), "{text}");
    }
}
