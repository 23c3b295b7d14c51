//! Prometheus' own client library for Python reads what is written.

use std::io::Write as _;
use std::process::{Command, Stdio};

use exposition::Format::{self, OpenMetrics, Prometheus};
use exposition::{Family, write};

use crate::write::every_kind;

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/read.py");

#[test]
fn pythons_client_reads_open_metrics() {
    let Some(read) = python(&every_kind(), OpenMetrics) else {
        return;
    };
    let expected = r#"hits counter '' 'Hits, "quoted" \\ and\nbroken.' 2
  hits_total route='/a"b\\c\nd' status_code='200' 17.0 @1395066363.25
  hits_total route='żółw 🐢' 9007199254740992.0
temperature_celsius gauge 'celsius' 'Outside.' 5
latency_seconds histogram 'seconds' 'Latency.' 12
queue_bytes gaugehistogram 'bytes' 'Queue.' 6
rpc_seconds summary 'seconds' 'Calls.' 4
build info '' 'Build.' 1
state stateset '' 'State.' 2
_9_lives_left unknown '' 'Unknown.' 1
"#;
    assert_eq!(read, expected);
}

#[test]
fn pythons_client_reads_prometheus_text() {
    let Some(read) = python(&every_kind(), Prometheus) else {
        return;
    };
    let expected = r#"hits counter '' 'Hits, "quoted" \\ and\nbroken.' 2
  hits_total route='/a"b\\c\nd' status_code='200' 17.0 @1395066363.25
  hits_total route='żółw 🐢' 9007199254740992.0
temperature_celsius gauge '' 'Outside.' 5
latency_seconds histogram '' 'Latency.' 12
queue_bytes histogram '' 'Queue.' 6
rpc_seconds summary '' 'Calls.' 4
build_info gauge '' 'Build.' 1
state gauge '' 'State.' 2
_9_lives_left unknown '' 'Unknown.' 1
"#;
    assert_eq!(read, expected);
}

/// What the library found; `None` where it is not installed.
fn python(families: &[Family], format: Format) -> Option<String> {
    let has_library = |python: &&&str| {
        let tried = Command::new(python)
            .args(["-c", "import prometheus_client"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    // The system's own has the system's packages, whichever comes first in the path.
    let Some(python) = ["python3", "/usr/bin/python3"].iter().find(has_library) else {
        eprintln!("skipped: there is no Python with `prometheus_client` here to read the text");
        return None;
    };
    let mut child = Command::new(python)
        .args([READER, format.content_type()])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it has just run");
    let mut input = child.stdin.take().expect("it was piped");
    input
        .write_all(write(families, format).as_bytes())
        .expect("it reads all of it");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).expect("it was told to write UTF-8"))
}
