#[path = "../../../exposition/tests/all/official.rs"]
mod official;

use std::time::Duration;

use exposition::{Format, Kind, lint, parse_strict};
use expvar::{About, Counter, Error, Registry, Unit};
use serde_json::json;

use super::render;

const FORMATS: [Format; 2] = [Format::Prometheus, Format::OpenMetrics];

#[test]
fn an_empty_registry_is_an_empty_page() {
    assert_eq!(render(&Registry::new(), Format::Prometheus), "");
    assert_eq!(render(&Registry::new(), Format::OpenMetrics), "# EOF\n");
}

#[test]
fn each_kind_has_its_form() -> Result<(), Error> {
    let vars = Registry::new();
    vars.describe("orders_placed", "Orders acknowledged.");
    vars.counter("orders_placed")?.add(3);
    vars.gauge("in_flight")?.set(-2);
    vars.float("load")?.set(0.25);
    let routes = vars.counters("routes", &["method", "status"])?;
    routes.update(&["GET", "2xx"], Counter::inc);
    routes.update(&["POST", "a\"\\\n"], Counter::inc);
    let store = vars.map("store")?;
    store.text("path")?.set("sales.db");
    store.text("mode")?.set("wal");
    store.counter("busy_ns")?.add(1_500_000_000);
    store.describe("busy_ns", "Time spent writing.");
    let expected = r#"# HELP in_flight The variable in_flight of /debug/vars.
# TYPE in_flight gauge
in_flight -2
# HELP load The variable load of /debug/vars.
# TYPE load gauge
load 0.25
# HELP orders_placed Orders acknowledged.
# TYPE orders_placed counter
orders_placed_total 3
# HELP routes The variable routes of /debug/vars.
# TYPE routes counter
routes_total{method="GET",status="2xx"} 1
routes_total{method="POST",status="a\"\\\n"} 1
# HELP store_busy_seconds Time spent writing.
# TYPE store_busy_seconds counter
# UNIT store_busy_seconds seconds
store_busy_seconds_total 1.5
# HELP store The variable store of /debug/vars.
# TYPE store info
store_info{mode="wal",path="sales.db"} 1
# EOF
"#;
    assert_eq!(render(&vars, Format::OpenMetrics), expected);
    Ok(())
}

#[test]
fn histograms_are_in_seconds_with_bounds_that_stay() -> Result<(), Error> {
    let vars = Registry::new();
    let latency = vars.histogram("latency_ns")?;
    let empty = render(&vars, Format::Prometheus);
    for duration in [800, 3_000, 40_000_000, 120_000_000_000] {
        latency.record_duration(Duration::from_nanos(duration));
    }
    let text = render(&vars, Format::Prometheus);
    for line in [
        "# TYPE latency_seconds histogram\n",
        "latency_seconds_bucket{le=\"1e-06\"} 1\n",
        "latency_seconds_bucket{le=\"2e-06\"} 1\n",
        "latency_seconds_bucket{le=\"5e-06\"} 2\n",
        "latency_seconds_bucket{le=\"0.02\"} 2\n",
        "latency_seconds_bucket{le=\"0.05\"} 3\n",
        "latency_seconds_bucket{le=\"50.0\"} 3\n",
        "latency_seconds_bucket{le=\"+Inf\"} 4\n",
        "latency_seconds_sum 120.0400038\n",
        "latency_seconds_count 4\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert_eq!(empty.lines().count(), text.lines().count());
    vars.histogram("batch")?.record(100);
    vars.histogram("reply_bytes")?.record(4_096);
    let text = render(&vars, Format::Prometheus);
    assert!(
        text.contains("batch_bucket{le=\"50.0\"} 0\nbatch_bucket{le=\"100.0\"} 1\n"),
        "{text}"
    );
    assert!(
        text.contains("reply_bytes_bucket{le=\"1024.0\"} 0\nreply_bytes_bucket{le=\"4096.0\"} 1\n"),
        "{text}"
    );
    Ok(())
}

#[test]
fn functions_give_numbers_flags_arrays_and_labels() -> Result<(), Error> {
    let vars = Registry::new();
    vars.func(
        "build",
        || json!({"name": "sales-api", "version": "1.0", "debug": true}),
    )?;
    vars.func(
        "runtime",
        || json!({"busy": [0.5, 1.0], "workers": [{"parks": 7, "name": "w"}, {"parks": 9}]}),
    )?;
    vars.func(
        "process",
        || json!({"cpu_ns": 2_500_000_000u64, "rss_bytes": 4096, "nothing": null}),
    )?;
    vars.func("cmdline", || json!(["sales-api", "--api"]))?;
    vars.func("state", || json!("x".repeat(300)))?;
    vars.describe("process.cpu_ns", About::new("CPU time used.").counter());
    vars.describe("process.rss_bytes", About::new("Resident memory.").gauge());
    vars.describe(
        "runtime.workers.parks",
        About::new("Parks.")
            .unit(Unit::Other("times".into()))
            .counter(),
    );
    let text = render(&vars, Format::Prometheus);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("# HELP"))
        .collect();
    let state = format!("state_info{{state=\"{}…\"}} 1", "x".repeat(200));
    let expected = [
        "# TYPE build_debug gauge",
        "build_debug 1",
        "# TYPE process_cpu_seconds_total counter",
        "process_cpu_seconds_total 2.5",
        "# TYPE process_rss_bytes gauge",
        "process_rss_bytes 4096",
        "# TYPE runtime_busy untyped",
        "runtime_busy{index=\"0\"} 0.5",
        "runtime_busy{index=\"1\"} 1",
        "# TYPE runtime_workers_parks_times_total counter",
        "runtime_workers_parks_times_total{index=\"0\"} 7",
        "runtime_workers_parks_times_total{index=\"1\"} 9",
        "# TYPE build_info gauge",
        "build_info{name=\"sales-api\",version=\"1.0\"} 1",
        "# TYPE state_info gauge",
        &state,
    ];
    assert_eq!(lines, expected);
    Ok(())
}

#[test]
fn whatever_the_names_the_text_is_valid() -> Result<(), Error> {
    let vars = odd()?;
    for format in FORMATS {
        let text = render(&vars, format);
        let families =
            parse_strict(text.as_bytes(), format).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let lints = lint(&families);
        // A label's name is the program's to choose.
        assert_eq!(
            lints,
            ["`by_le_too` is a gauge with the label `le`"],
            "{text}"
        );
        assert!(families.iter().any(|family| family.kind == Kind::Histogram));
    }
    Ok(())
}

/// Names that meet, that are no names, labels that are taken.
fn odd() -> Result<Registry, Error> {
    let vars = Registry::new();
    for name in [
        "",
        "a.b",
        "a b",
        "a_b",
        "A-B",
        "żółw",
        "9lives",
        "le",
        "__name__",
        "x{y=\"z\"}",
        "# EOF",
    ] {
        vars.counter(name)?.inc();
        vars.map("odd")?.gauge(name)?.set(1);
        vars.text(&format!("text {name}"))?
            .set(format!("{name}\r\n\"\\"));
    }
    vars.histogram("wait_ns")?.record(3);
    vars.gauge("wait_seconds")?.set(1);
    vars.gauge("wait_seconds_sum_of")?.set(1);
    vars.counter("wait")?.inc();
    vars.gauge("wait_total")?.set(4);
    vars.describe("a.b", "Two lines\nwith \"quotes\" and \\.\r");
    for labels in [
        ["le", "quantile"],
        ["__name__", "a-b"],
        ["same.name", "same_name"],
    ] {
        let name = format!("by {}", labels[0]);
        vars.histograms(&name, &labels)?.with(&["1", "2"]).record(9);
        vars.floats(&format!("{name} too"), &labels)?
            .with(&["1", "\n"])
            .set(f64::NAN);
    }
    vars.counters("never_used", &["a"])?;
    vars.func("nested", || json!({"a": {"b.c": [1, [2], "three", null, true]}, "a_b_c": 1, "big": u64::MAX, "f": -1e300}))?;
    Ok(vars)
}

/// Prometheus' own client library for Python reads it.
#[test]
fn the_official_reader_accepts_it() -> Result<(), Error> {
    let vars = odd()?;
    for format in FORMATS {
        let text = render(&vars, format);
        let Some(read) = official::read(text.as_bytes(), format.content_type()) else {
            return Ok(());
        };
        let families = parse_strict(text.as_bytes(), format).expect("valid, as another test shows");
        let read = read.lines().filter(|line| !line.starts_with(' ')).count();
        assert_eq!(read, families.len(), "{text}");
    }
    Ok(())
}
