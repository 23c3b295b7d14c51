//! What is written: every kind in both formats, and read back.

use exposition::Format::{OpenMetrics, Prometheus};
use exposition::{Bucket, Exemplar, Family, Kind, lint, parse, parse_strict, write};

/// A family of each kind, with whatever a sample can have.
pub(crate) fn every_kind() -> Vec<Family> {
    let mut hits = Family::new("hits", Kind::Counter).help("Hits, \"quoted\" \\ and\nbroken.");
    hits.push([("route", "/a\"b\\c\nd"), ("status-code", "200")], 17.0);
    hits.push([("route", "żółw 🐢")], 9_007_199_254_740_993.0);
    hits.samples[0].timestamp = Some(1_395_066_363_250);
    hits.samples[0].exemplar = Some(Box::new(Exemplar {
        labels: vec![("trace_id".into(), "KOO5S4vxi0o".into())],
        value: 0.67,
        timestamp: Some(-1_500),
    }));
    let mut temperature = Family::new("temperature_celsius", Kind::Gauge)
        .help("Outside.")
        .unit("celsius");
    for (room, value) in [
        ("a", -3.25),
        ("b", f64::NAN),
        ("c", f64::NEG_INFINITY),
        ("d", 1e300),
        ("e", 0.1),
    ] {
        temperature.push([("room", room)], value);
    }
    let buckets = |counts: [f64; 3]| {
        let bounds = [1e-5, 0.5, 1e6];
        bounds
            .into_iter()
            .zip(counts)
            .map(|(le, count)| Bucket { le, count })
    };
    let mut latency = Family::new("latency_seconds", Kind::Histogram)
        .help("Latency.")
        .unit("seconds");
    latency.push_histogram([("le", "not ours")], buckets([1.0, 2.0, 2.0]), 1.5, 3.0);
    latency.push_histogram([], buckets([0.0, 0.0, 0.0]), 0.0, 0.0);
    let mut queue = Family::new("queue_bytes", Kind::GaugeHistogram)
        .help("Queue.")
        .unit("bytes");
    queue.push_histogram([], buckets([1.0, 2.0, 2.0]), 1.5, 2.0);
    let mut rpc = Family::new("rpc_seconds", Kind::Summary)
        .help("Calls.")
        .unit("seconds");
    rpc.push([("quantile", "0.5")], 0.25);
    rpc.push([("quantile", "0.99")], f64::NAN);
    rpc.push_summary([], 17.5, 26.0);
    let mut build = Family::new("build", Kind::Info).help("Build.");
    build.push([("version", "1.0"), ("commit", "")], 1.0);
    let mut state = Family::new("state", Kind::StateSet).help("State.");
    for (name, is) in [("ready", 1.0), ("draining", 0.0)] {
        state.push([("state", name)], is);
    }
    let mut other = Family::new("9 lives/left", Kind::Untyped).help("Unknown.");
    other.push([], 9.0);
    vec![hits, temperature, latency, queue, rpc, build, state, other]
}

#[test]
fn open_metrics() {
    let expected = r#"# HELP hits Hits, \"quoted\" \\ and\nbroken.
# TYPE hits counter
hits_total{route="/a\"b\\c\nd",status_code="200"} 17 1395066363.250 # {trace_id="KOO5S4vxi0o"} 0.67 -1.500
hits_total{route="żółw 🐢"} 9007199254740992
# HELP temperature_celsius Outside.
# TYPE temperature_celsius gauge
# UNIT temperature_celsius celsius
temperature_celsius{room="a"} -3.25
temperature_celsius{room="b"} NaN
temperature_celsius{room="c"} -Inf
temperature_celsius{room="d"} 1e300
temperature_celsius{room="e"} 0.1
# HELP latency_seconds Latency.
# TYPE latency_seconds histogram
# UNIT latency_seconds seconds
latency_seconds_bucket{le_="not ours",le="1e-05"} 1
latency_seconds_bucket{le_="not ours",le="0.5"} 2
latency_seconds_bucket{le_="not ours",le="1e+06"} 2
latency_seconds_bucket{le_="not ours",le="+Inf"} 3
latency_seconds_sum{le_="not ours"} 1.5
latency_seconds_count{le_="not ours"} 3
latency_seconds_bucket{le="1e-05"} 0
latency_seconds_bucket{le="0.5"} 0
latency_seconds_bucket{le="1e+06"} 0
latency_seconds_bucket{le="+Inf"} 0
latency_seconds_sum 0
latency_seconds_count 0
# HELP queue_bytes Queue.
# TYPE queue_bytes gaugehistogram
# UNIT queue_bytes bytes
queue_bytes_bucket{le="1e-05"} 1
queue_bytes_bucket{le="0.5"} 2
queue_bytes_bucket{le="1e+06"} 2
queue_bytes_bucket{le="+Inf"} 2
queue_bytes_gsum 1.5
queue_bytes_gcount 2
# HELP rpc_seconds Calls.
# TYPE rpc_seconds summary
# UNIT rpc_seconds seconds
rpc_seconds{quantile="0.5"} 0.25
rpc_seconds{quantile="0.99"} NaN
rpc_seconds_sum 17.5
rpc_seconds_count 26
# HELP build Build.
# TYPE build info
build_info{version="1.0",commit=""} 1
# HELP state State.
# TYPE state stateset
state{state="ready"} 1
state{state="draining"} 0
# HELP _9_lives_left Unknown.
# TYPE _9_lives_left unknown
_9_lives_left 9
# EOF
"#;
    assert_eq!(write(&every_kind(), OpenMetrics), expected);
}

#[test]
fn prometheus_text_writes_what_it_lacks_as_what_it_has() {
    let text = write(&every_kind(), Prometheus);
    for lines in [
        "# HELP hits_total Hits, \"quoted\" \\\\ and\\nbroken.\n# TYPE hits_total counter\n",
        "hits_total{route=\"/a\\\"b\\\\c\\nd\",status_code=\"200\"} 17 1395066363250\n",
        "# TYPE temperature_celsius gauge\ntemperature_celsius{room=\"a\"} -3.25\n",
        "# TYPE queue_bytes histogram\n",
        "queue_bytes_sum 1.5\nqueue_bytes_count 2\n",
        "# TYPE build_info gauge\nbuild_info{version=\"1.0\",commit=\"\"} 1\n",
        "# TYPE state gauge\nstate{state=\"ready\"} 1\n",
        "# TYPE _9_lives_left untyped\n",
    ] {
        assert!(text.contains(lines), "{lines} in {text}");
    }
    assert!(
        !text.contains("UNIT") && !text.contains("EOF") && !text.contains("trace_id"),
        "{text}"
    );
}

#[test]
fn both_are_valid_and_follow_the_conventions() {
    for format in [Prometheus, OpenMetrics] {
        let text = write(&every_kind(), format);
        let families =
            parse_strict(text.as_bytes(), format).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(lint(&families), Vec::<String>::new());
    }
}

#[test]
fn what_was_read_is_written_the_same() {
    let once = write(&every_kind(), OpenMetrics);
    let read = parse(once.as_bytes());
    assert_eq!(read.bad_lines, []);
    assert_eq!(write(&read.families, OpenMetrics), once);
    // From the other format too: what that has lost stays lost.
    let text = write(&every_kind(), Prometheus);
    let read = parse(text.as_bytes());
    assert_eq!(write(&read.families, Prometheus), text);
}

#[test]
fn what_open_metrics_adds_finds_a_place() {
    let text = "# TYPE hits counter\nhits_total 3\nhits_created 1.5\n# TYPE plain counter\nplain 1\n# EOF\n";
    let families = parse(text.as_bytes()).families;
    assert_eq!(
        write(&families, Prometheus),
        "# TYPE hits_total counter\nhits_total 3\n# TYPE hits_created gauge\nhits_created 1.5\n\
         # TYPE plain_total counter\nplain_total 1\n"
    );
    let mut long = families;
    long[0].samples[0].exemplar = Some(Box::new(Exemplar {
        labels: vec![("trace_id".into(), "x".repeat(121))],
        value: 1.0,
        timestamp: None,
    }));
    assert!(
        !write(&long, OpenMetrics).contains("trace_id"),
        "129 characters are too many"
    );
    long[0].unit = Some("seconds".into());
    assert!(
        !write(&long, OpenMetrics).contains("UNIT"),
        "the name does not end in the unit"
    );
}
