//! Reading text of every kind that is allowed.

use exposition::{Exemplar, Family, Kind, Parsed, Sample, parse};

fn read(text: &str) -> Parsed {
    let parsed = parse(text.as_bytes());
    assert_eq!(parsed.bad_lines, [], "{text}");
    assert_eq!(parsed.bad_count, 0);
    parsed
}

/// The only sample of a line.
fn sample(line: &str) -> Sample {
    let mut families = read(line).families;
    assert_eq!(families.len(), 1, "{line}");
    families[0].samples.pop().expect(line)
}

/// A line, the name and the labels of its sample.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

fn labels(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|&(name, value)| (name.into(), value.into()))
        .collect()
}

fn names(family: &Family) -> Vec<&str> {
    family
        .samples
        .iter()
        .map(|sample| sample.name.as_str())
        .collect()
}

/// The example of Prometheus' documentation.
const PROMETHEUS: &str = r#"# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="0.1"} 33444
http_request_duration_seconds_bucket{le="0.2"} 100392
http_request_duration_seconds_bucket{le="0.5"} 129389
http_request_duration_seconds_bucket{le="1"} 133988
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# Finally a summary, which has a complex representation, too:
# HELP rpc_duration_seconds A summary of the RPC duration in seconds.
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds{quantile="0.05"} 3272
rpc_duration_seconds{quantile="0.5"} 4773
rpc_duration_seconds{quantile="0.9"} 9001
rpc_duration_seconds{quantile="0.99"} 76656
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
"#;

#[test]
fn prometheus_own_example() {
    let families = read(PROMETHEUS).families;
    let overview: Vec<_> = families
        .iter()
        .map(|f| (f.name.as_str(), f.kind, f.samples.len()))
        .collect();
    assert_eq!(
        overview,
        [
            ("http_requests_total", Kind::Counter, 2),
            ("msdos_file_access_time_seconds", Kind::Untyped, 1),
            ("metric_without_timestamp_and_labels", Kind::Untyped, 1),
            ("something_weird", Kind::Untyped, 1),
            ("http_request_duration_seconds", Kind::Histogram, 8),
            ("rpc_duration_seconds", Kind::Summary, 7),
        ]
    );
    assert_eq!(
        families[0].help.as_deref(),
        Some("The total number of HTTP requests.")
    );
    assert_eq!(families[0].samples[0].timestamp, Some(1_395_066_363_000));
    let escaped = &families[1].samples[0];
    assert_eq!(escaped.label("path"), Some("C:\\DIR\\FILE.TXT"));
    assert_eq!(
        escaped.label("error"),
        Some("Cannot find file:\n\"FILE.TXT\"")
    );
    assert_eq!(families[3].samples[0].timestamp, Some(-3_982_045));
    let durations = families[4].distributions();
    let p90 = durations[0].quantile(0.9).expect("a histogram");
    assert!((p90 - 0.5 - 0.5 * 499.0 / 4599.0).abs() < 1e-9, "{p90}");
}

/// Every type of OpenMetrics 1.0.
const OPEN_METRICS: &str = "\
# TYPE foo_seconds counter
# UNIT foo_seconds seconds
# HELP foo_seconds Time, \\\"spent\\\" on\\nfoo \\\\o/
foo_seconds_total{a=\"b\"} 17.0 1520879607.789 # {trace_id=\"KOO5S4vxi0o\"} 0.67 1520879607.5
foo_seconds_created{a=\"b\"} 1520430000.123
# TYPE hist histogram
hist_bucket{le=\"0.1\"} 8 # {} 0.054
hist_bucket{le=\"+Inf\"} 17
hist_count 17 1520879608
hist_sum 324.5
hist_created 1520430000
# TYPE queue gaugehistogram
queue_bucket{le=\"+Inf\"} 4
queue_gcount 4
queue_gsum 12
# TYPE build info
build_info{version=\"1.2\"} 1
# TYPE state stateset
state{state=\"ready\"} 1
state{state=\"draining\"} 0
# TYPE odd unknown
odd NaN
# EOF
";

#[test]
fn every_type_of_open_metrics() {
    let families = read(OPEN_METRICS).families;
    let overview: Vec<_> = families
        .iter()
        .map(|f| (f.name.as_str(), f.kind, f.samples.len()))
        .collect();
    assert_eq!(
        overview,
        [
            ("foo_seconds", Kind::Counter, 2),
            ("hist", Kind::Histogram, 5),
            ("queue", Kind::GaugeHistogram, 3),
            ("build", Kind::Info, 1),
            ("state", Kind::StateSet, 2),
            ("odd", Kind::Untyped, 1),
        ]
    );
    assert_eq!(families[0].unit.as_deref(), Some("seconds"));
    assert_eq!(
        families[0].help.as_deref(),
        Some("Time, \"spent\" on\nfoo \\o/")
    );
    let total = &families[0].samples[0];
    assert_eq!(
        (total.value.to_bits(), total.timestamp),
        (17f64.to_bits(), Some(1_520_879_607_789))
    );
    let exemplar = Exemplar {
        labels: labels(&[("trace_id", "KOO5S4vxi0o")]),
        value: 0.67,
        timestamp: Some(1_520_879_607_500),
    };
    assert_eq!(total.exemplar.as_deref(), Some(&exemplar));
    let bare = Exemplar {
        labels: vec![],
        value: 0.054,
        timestamp: None,
    };
    assert_eq!(families[1].samples[0].exemplar.as_deref(), Some(&bare));
    assert_eq!(
        families[1].samples[2].timestamp,
        Some(1_520_879_608_000),
        "whole seconds in OpenMetrics"
    );
    assert!(families[5].samples[0].value.is_nan());
}

#[test]
fn labels_in_every_form() {
    let cases: &[Case<'_>] = &[
        ("up 1", "up", &[]),
        ("up{} 1", "up", &[]),
        ("up { } 1", "up", &[]),
        ("up{a=\"x\"}1", "up", &[("a", "x")]),
        ("up{a=\"x\",} 1", "up", &[("a", "x")]),
        (
            "\t up {\ta = \"x\" ,\tb=\"y\" }\t1 \t",
            "up",
            &[("a", "x"), ("b", "y")],
        ),
        ("up{b=\"\",a=\"}\"} 1", "up", &[("b", ""), ("a", "}")]),
        (
            "up{a=\"x,y=\\\"z\\\" # \"} 1",
            "up",
            &[("a", "x,y=\"z\" # ")],
        ),
        (
            "job:up:sum{__name=\"ż🐢\"} 1",
            "job:up:sum",
            &[("__name", "ż🐢")],
        ),
        ("{\"my.name\"} 1", "my.name", &[]),
        ("{\"my.name\", l=\"v\"} 1", "my.name", &[("l", "v")]),
        ("{ \"my.name\" ,} 1", "my.name", &[]),
        ("{l=\"v\", \"my.name\"} 1", "my.name", &[("l", "v")]),
        (
            "{\"a \\\"b\\\"\", \"l.x\"=\"v\"} 1",
            "a \"b\"",
            &[("l.x", "v")],
        ),
        (
            "up{\"http.status\"=\"200\"} 1",
            "up",
            &[("http.status", "200")],
        ),
    ];
    for &(line, name, expected) in cases {
        let sample = sample(line);
        assert_eq!(
            (sample.name.as_str(), sample.labels),
            (name, labels(expected)),
            "{line}"
        );
    }
}

#[test]
fn values_in_every_form() {
    let cases = [
        ("0", 0.0),
        ("-0", -0.0),
        ("1027", 1027.0),
        ("+5", 5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.7560473e+07", 17_560_473.0),
        ("1E-3", 0.001),
        ("18446744073709551615", 18_446_744_073_709_551_615.0),
        ("+Inf", f64::INFINITY),
        ("Inf", f64::INFINITY),
        ("inf", f64::INFINITY),
        ("-Inf", f64::NEG_INFINITY),
        ("-infinity", f64::NEG_INFINITY),
    ];
    for (text, value) in cases {
        assert_eq!(
            sample(&format!("x {text}")).value.to_bits(),
            f64::to_bits(value),
            "{text}"
        );
    }
    for text in ["NaN", "nan", "-NaN"] {
        assert!(sample(&format!("x{{}} {text}")).value.is_nan(), "{text}");
    }
}

#[test]
fn timestamps_are_milliseconds() {
    let cases = [
        ("x 1 1395066363000", Some(1_395_066_363_000)),
        ("x 1 -5", Some(-5)),
        ("x 1", None),
        ("x 1 1520879607.789", Some(1_520_879_607_789)),
        ("x 1 1.5e9", Some(1_500_000_000_000)),
        ("x 1 1520879607\r\n # EOF\r\n\n", Some(1_520_879_607_000)),
        ("x 1 1520879607.789\n# EOF\n", Some(1_520_879_607_789)),
        (
            "x 1 1395066363000\n# EOF of something else",
            Some(1_395_066_363_000),
        ),
    ];
    for (text, timestamp) in cases {
        assert_eq!(
            read(text).families[0].samples[0].timestamp,
            timestamp,
            "{text}"
        );
    }
}

#[test]
fn line_ends_and_comments_do_not_matter() {
    let expected = read("# TYPE a counter\na 1\nb 2\n");
    for text in [
        "# TYPE a counter\r\na 1\r\nb 2\r\n",
        "\n\n#TYPE a counter\n\n   a 1\n\nb 2",
        "  #\tTYPE  a\tCounter \n# a comment: a 5\n#\n##\n# TYPES a gauge\na 1\n# eof\nb 2\n# EOF\n",
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
    for text in ["", "\n", "\r\n", "#", "# EOF", "# HELPER x", " \t "] {
        assert_eq!(read(text), Parsed::default(), "{text:?}");
    }
}

#[test]
fn metadata_may_be_quoted_late_or_alone() {
    let families =
        read("# HELP \"my.name\" What it is.\nx 1\n# TYPE x gauge\n{\"my.name\"} 2\n# HELP bare\n")
            .families;
    let help: Vec<_> = families
        .iter()
        .map(|f| (f.name.as_str(), f.help.as_deref(), f.samples.len()))
        .collect();
    assert_eq!(
        help,
        [
            ("my.name", Some("What it is."), 1),
            ("x", None, 1),
            ("bare", Some(""), 0)
        ]
    );
    assert_eq!(families[1].kind, Kind::Gauge);
}

#[test]
fn suffixes_belong_to_the_types_that_have_them() {
    let text = "# TYPE a gauge\na_sum 1\n# TYPE b histogram\nb_bucket{le=\"1\"} 1\nb_total 1\nb_sum 1\n\
        # TYPE b_count counter\nb_count 1\n# TYPE c summary\nc_bucket 1\nc_count 2\nc{quantile=\"0.5\"} 3\n";
    let families = read(text).families;
    let all: Vec<_> = families
        .iter()
        .map(|family| (family.name.as_str(), names(family)))
        .collect();
    assert_eq!(
        all,
        [
            ("a", vec![]),
            ("a_sum", vec!["a_sum"]),
            ("b", vec!["b_bucket", "b_sum"]),
            ("b_total", vec!["b_total"]),
            ("b_count", vec!["b_count"]),
            ("c", vec!["c_count", "c"]),
            ("c_bucket", vec!["c_bucket"]),
        ]
    );
}

#[test]
fn samples_of_a_family_need_not_stand_together() {
    let families = read("a{n=\"1\"} 1\nb 1\na{n=\"2\"} 2\n").families;
    assert_eq!(families.len(), 2);
    assert_eq!(families[0].samples.len(), 2);
}
