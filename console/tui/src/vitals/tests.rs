//! What is chosen of which programs.

use std::collections::BTreeMap;
use std::time::Duration;

use cutaway_model::{Number, Path, Scalar, Source};
use expvar::read::{Document, guess_kind};

use super::{How, LIMIT, Variables, Vital, choice};
use crate::variable::Variable;

/// Variables with these values at 1 s and 3 s.
fn variables(values: &[(&str, f64, f64)]) -> Variables {
    let mut variables = BTreeMap::new();
    for (path, first, second) in values {
        let (path, scalar) = (Path::from(*path), |value| {
            Scalar::Number(Number::F64(value))
        });
        let kind = guess_kind(&path, &scalar(*first));
        let mut variable = Variable::new(&path, Source::Expvar, kind, scalar(*first), 10);
        variable.take(Duration::from_secs(1), &scalar(*first), false);
        variable.take(Duration::from_secs(3), &scalar(*second), false);
        variables.insert(path, variable);
    }
    variables
}

fn titles(vitals: &[Vital]) -> Vec<&str> {
    vitals.iter().map(|vital| vital.title.as_str()).collect()
}

/// The chosen numbers with their values, written out.
fn chosen(values: &[(&str, f64, f64)]) -> Vec<String> {
    let variables = variables(values);
    let write = |vital: &Vital| {
        let value = vital.how.value(&variables);
        format!(
            "{} {}",
            vital.title,
            value.map_or("–".to_owned(), |value| vital.unit.write(value))
        )
    };
    choice::of(&variables, 10).iter().map(write).collect()
}

#[test]
fn of_our_own_services() {
    let found = chosen(&[
        ("requests", 100.0, 300.0),
        ("errors", 1.0, 2.0),
        ("latency_ns.count", 100.0, 300.0),
        ("latency_ns.p50", 1e6, 1e6),
        ("latency_ns.p99", 9e6, 9e6),
        ("latency_ns.sum", 1e9, 1.2e9),
        ("in_flight", 3.0, 4.0),
        ("tasks", 7.0, 8.0),
        ("process.rss_bytes", 1_048_576.0, 2_097_152.0),
        ("process.cpu_ns", 1e9, 2e9),
        ("orders_placed", 0.0, 10.0),
    ]);
    assert_eq!(
        found,
        [
            "requests 100/s",
            "errors 0.5/s",
            "latency mean 1 ms",
            "latency p50 1 ms",
            "latency p99 9 ms",
            "in flight 4",
            "tasks 8",
            "memory 2 MiB",
            "CPU 50%",
            "orders_placed 5/s",
        ]
    );
}

#[test]
fn of_prometheus_text() {
    let found = chosen(&[
        ("http_requests_total.{code=\"200\"}", 100.0, 300.0),
        ("http_requests_total.{code=\"500\"}", 10.0, 12.0),
        ("http_request_duration_seconds_sum.{code=\"200\"}", 1.0, 3.0),
        (
            "http_request_duration_seconds_count.{code=\"200\"}",
            100.0,
            300.0,
        ),
        ("go_goroutines", 8.0, 9.0),
        ("process_resident_memory_bytes", 1_048_576.0, 1_048_576.0),
        ("process_cpu_seconds_total", 10.0, 11.0),
        (
            "promhttp_metric_handler_requests_total.{code=\"200\"}",
            5.0,
            6.0,
        ),
    ]);
    assert_eq!(
        found,
        [
            "requests 101/s",
            "latency mean 10 ms",
            "goroutines 9",
            "memory 1 MiB",
            "CPU 50%"
        ]
    );
}

#[test]
fn of_several_routes_the_busiest_tells_the_latency() {
    let found = chosen(&[
        ("latency_ns./orders.count", 1.0, 10.0),
        ("latency_ns./orders.p99", 5e6, 5e6),
        ("latency_ns./products.count", 1.0, 90.0),
        ("latency_ns./products.p99", 2e6, 2e6),
    ]);
    assert!(
        found.contains(&"latency p99 /products 2 ms".to_owned()),
        "{found:?}"
    );
}

#[test]
fn of_a_stock_go_program() {
    let vars = include_bytes!("../../../testdata/go/vars.json");
    let values = Document::parse(vars)
        .expect("captured from a Go program")
        .flatten();
    let numbers: Vec<(String, f64)> = values
        .iter()
        .filter_map(|(path, value)| Some((path.to_string(), value.as_f64()?)))
        .collect();
    let numbers: Vec<_> = numbers
        .iter()
        .map(|(path, value)| (path.as_str(), *value, *value))
        .collect();
    let variables = variables(&numbers);
    let found = choice::of(&variables, 10);
    let titles = titles(&found);
    for expect in ["requests", "goroutines", "memory", "GC cycles", "allocated"] {
        assert!(titles.contains(&expect), "{expect} is not among {titles:?}");
    }
    assert!(titles.len() <= LIMIT);
}

#[test]
fn without_traffic_there_is_no_mean() {
    let idle = variables(&[("latency_ns.sum", 5.0, 5.0), ("latency_ns.count", 2.0, 2.0)]);
    let how = How::Mean(
        vec!["latency_ns.sum".into()],
        vec!["latency_ns.count".into()],
    );
    assert_eq!(how.value(&idle), None);
}

#[test]
fn a_number_that_fell_is_not_taken_for_a_counter() {
    assert_eq!(chosen(&[("requests", 9.0, 2.0)]), ["requests 2"]);
}

#[test]
fn numbers_that_say_nothing_come_last() {
    let found = chosen(&[("a", f64::NAN, f64::NAN), ("b", 0.0, 0.0), ("c", 2.0, 3.0)]);
    assert_eq!(found, ["c 3", "a NaN", "b 0"]);
}
