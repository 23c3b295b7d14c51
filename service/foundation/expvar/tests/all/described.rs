//! Variables as values with descriptions, for those who show them in another form.

use expvar::read::Path;
use expvar::{About, Counter, Error, Registry, Unit, Value};
use serde_json::json;

#[test]
fn every_kind_is_listed_by_path_with_its_value() -> Result<(), Error> {
    let vars = Registry::new();
    vars.text("state")?.set("ready");
    vars.histogram("latency_ns")?.record(30);
    vars.floats("share", &["worker"])?.with(&["0"]).set(0.5);
    vars.counters("hits", &["method", "status"])?
        .update(&["GET", "200"], Counter::inc);
    let store = vars.map("store")?;
    store.gauge("depth")?.set(-3);
    store.map("disk")?.counter("syncs")?.add(9);
    vars.func("answer", || json!({"value": 42}))?;
    vars.map("empty")?;

    let listed = vars.variables();
    let paths: Vec<String> = listed
        .iter()
        .map(|variable| variable.path.to_string())
        .collect();
    let expected = [
        "answer",
        "hits",
        "latency_ns",
        "share",
        "state",
        "store.depth",
        "store.disk.syncs",
    ];
    assert_eq!(paths, expected);
    let value = |at: usize| &listed[at].value;
    assert_eq!(*value(0), Value::Json(json!({"value": 42})));
    assert!(matches!(value(2), Value::Histogram(seen) if seen.count == 1 && seen.max == 30));
    assert_eq!(*value(4), Value::Text("ready".into()));
    assert_eq!(*value(5), Value::Gauge(-3));
    assert_eq!(*value(6), Value::Counter(9));
    let Value::Family { labels, series } = value(1) else {
        panic!("a family: {:?}", value(1))
    };
    assert_eq!(labels, &["method".into(), "status".into()] as &[Box<str>]);
    let [(values, Value::Counter(1))] = series.as_slice() else {
        panic!("one series: {series:?}")
    };
    assert_eq!(**values, ["GET".into(), "200".into()] as [Box<str>; 2]);
    assert!(matches!(value(3), Value::Family { series, .. } if series[0].1 == Value::Float(0.5)));
    assert!(vars.to_json().contains(r#""share": {"0": 0.5}"#));
    Ok(())
}

#[test]
fn descriptions_are_found_wherever_they_were_given() -> Result<(), Error> {
    let vars = Registry::new();
    vars.describe("late", "Described before it is published.");
    vars.counter("late")?;
    let store = vars.map("store")?;
    store.gauge("depth")?;
    store.gauge("width")?;
    vars.describe("store.depth", "From the outside.");
    vars.describe("store.width", "From the outside.");
    store.describe("width", About::new("From the inside.").unit(Unit::Bytes));
    vars.gauge("a.b")?;
    vars.describe(Path::new(["a.b"]), "A dot in a name.");
    vars.gauge("plain")?;

    let about = |path: &str| {
        let found = vars
            .variables()
            .into_iter()
            .find(|variable| variable.path == path.into());
        found.expect("it is published").about
    };
    let help = |path: &str| about(path).map(|about| about.help.clone());
    assert_eq!(
        help("late").as_deref(),
        Some("Described before it is published.")
    );
    assert_eq!(help("store.depth").as_deref(), Some("From the outside."));
    assert_eq!(help("store.width").as_deref(), Some("From the inside."));
    assert_eq!(
        about("store.width").and_then(|about| about.unit.clone()),
        Some(Unit::Bytes)
    );
    assert_eq!(help(r"a\.b").as_deref(), Some("A dot in a name."));
    assert_eq!(about("plain"), None);
    assert_eq!(
        vars.to_json().matches("side").count(),
        0,
        "Go's document has no descriptions"
    );
    Ok(())
}

#[test]
fn members_of_a_functions_value_are_described_by_their_paths() -> Result<(), Error> {
    let vars = Registry::new();
    vars.func("process", || json!({"cpu_ns": 5, "rss_bytes": 7}))?;
    vars.counter("process_other")?;
    vars.describe("process", "This process.");
    vars.describe("process.cpu_ns", About::new("CPU time used.").counter());
    vars.describe("process.rss_bytes", About::new("Resident memory.").gauge());
    vars.describe("process_other", "Something else.");
    let [process, other] = vars.variables().try_into().expect("two variables");
    assert_eq!(process.about.expect("described").help, "This process.");
    let inside: Vec<_> = process
        .inside
        .iter()
        .map(|(path, about)| (path.to_string(), about.grows))
        .collect();
    assert_eq!(
        inside,
        [
            ("cpu_ns".to_owned(), Some(true)),
            ("rss_bytes".to_owned(), Some(false))
        ]
    );
    assert_eq!(other.inside, []);
    Ok(())
}

#[test]
fn units_are_read_off_names() {
    let cases = [
        ("latency_ns", Some((Unit::Nanoseconds, "latency"))),
        (
            "commit_batch_ms",
            Some((Unit::Milliseconds, "commit_batch")),
        ),
        ("heap_bytes", Some((Unit::Bytes, "heap"))),
        ("uptime_seconds", Some((Unit::Seconds, "uptime"))),
        ("ns", None),
        ("_ns", None),
        ("columns", None),
    ];
    for (name, expected) in cases {
        assert_eq!(Unit::of_name(name), expected, "{name}");
    }
    assert_eq!(Unit::Milliseconds.base(), ("seconds", 1e3));
    assert_eq!(Unit::Other("pages".into()).base(), ("pages", 1.0));
}
