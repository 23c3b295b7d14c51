//! Prometheus' own client library for Python reads what is written.

use exposition::Format::{self, OpenMetrics, Prometheus};
use exposition::{Family, write};

use crate::official;
use crate::write::every_kind;

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
    official::read(write(families, format).as_bytes(), format.content_type())
}
