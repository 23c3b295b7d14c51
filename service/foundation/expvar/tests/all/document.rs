//! The document that a registry writes.

use std::time::Duration;

use expvar::read::{Document, Number, Path, Scalar};
use expvar::{Error, Registry};
use serde_json::json;

#[test]
fn an_empty_registry_writes_what_go_writes() {
    assert_eq!(Registry::new().to_json(), "{\n\n}\n");
}

#[test]
fn the_shape_is_go_s() -> Result<(), Error> {
    let vars = Registry::new();
    vars.text("state")?.set("ready: 100 % \"fine\" <ok>\n");
    vars.gauge("temperature")?.set(-7);
    vars.counter("requests")?.add(1_234_567);
    vars.float("load")?.set(0.1);
    vars.func("cmdline", || {
        json!(["sales-api", "--api", "127.0.0.1:8080"])
    })?;
    let routes = vars.map("http.requests")?;
    routes.counter("POST /v1/orders")?.add(3);
    routes.counter("GET /v1/products")?.add(17);
    routes.map("latency")?.map("empty")?;
    let expected = r#"{
"cmdline": ["sales-api","--api","127.0.0.1:8080"],
"http.requests": {"GET /v1/products": 17, "POST /v1/orders": 3, "latency": {"empty": {}}},
"load": 0.1,
"requests": 1234567,
"state": "ready: 100 % \"fine\" \u003cok\u003e\n",
"temperature": -7
}
"#;
    assert_eq!(vars.to_json(), expected);
    Ok(())
}

#[test]
fn every_number_reads_back_exactly() -> Result<(), Error> {
    let vars = Registry::new();
    vars.counter("u64")?.add(u64::MAX);
    vars.gauge("min")?.set(i64::MIN);
    vars.gauge("max")?.set(i64::MAX);
    let floats = [
        0.1,
        1.0,
        -0.0,
        1e300,
        5e-324,
        f64::MAX,
        1e21,
        123_456_789.125,
    ];
    for value in floats {
        vars.float(&format!("{value:?}"))?.set(value);
    }
    let read = Document::parse(vars.to_json().as_bytes()).expect("own document");
    let number = |path: &Path| match read.get(path) {
        Some(Scalar::Number(number)) => number,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(number(&"u64".into()), Number::U64(u64::MAX));
    assert_eq!(number(&"min".into()), Number::I64(i64::MIN));
    assert_eq!(number(&"max".into()), Number::U64(i64::MAX as u64));
    for value in floats {
        let back = number(&Path::new([format!("{value:?}")]));
        assert!(
            matches!(back, Number::F64(back) if back.to_bits() == value.to_bits()),
            "{value}: {back:?}"
        );
    }
    Ok(())
}

#[test]
fn any_name_and_any_text_read_back() -> Result<(), Error> {
    let vars = Registry::new();
    let odd = [
        "",
        "a.b",
        "\"quoted\"",
        "back\\slash",
        "żółw 🐢",
        "\0\u{1b}[31m",
        "</script>",
        "\u{2028}",
    ];
    for name in odd {
        vars.text(name)?.set(name);
        vars.map("nested")?.text(name)?.set(name);
    }
    let json = vars.to_json();
    serde_json::from_str::<serde_json::Value>(&json).expect("valid JSON");
    let read = Document::parse(json.as_bytes()).expect("own document");
    for name in odd {
        for path in [Path::new([name]), Path::new(["nested", name])] {
            assert_eq!(read.get(&path), Some(Scalar::Text(name.into())), "{path}");
        }
    }
    Ok(())
}

#[test]
fn a_float_that_is_no_number_is_null() -> Result<(), Error> {
    let vars = Registry::new();
    vars.float("nan")?.set(f64::NAN);
    vars.float("inf")?.set(f64::INFINITY);
    vars.func("func", || json!({"nan": f64::NAN}))?;
    assert_eq!(
        vars.to_json(),
        "{\n\"func\": {\"nan\":null},\n\"inf\": null,\n\"nan\": null\n}\n"
    );
    Ok(())
}

#[test]
fn a_histogram_shows_its_distribution() -> Result<(), Error> {
    let vars = Registry::new();
    let latency = vars.histogram("latency_ns")?;
    let empty = r#"{"count": 0, "max": 0, "mean": 0.0, "min": 0, "p50": 0, "p90": 0, "p99": 0, "p999": 0, "sum": 0}"#;
    assert_eq!(vars.to_json(), format!("{{\n\"latency_ns\": {empty}\n}}\n"));
    for ns in [10, 20, 30] {
        latency.record_duration(Duration::from_nanos(ns));
    }
    let filled = r#"{"count": 3, "max": 30, "mean": 20.0, "min": 10, "p50": 20, "p90": 30, "p99": 30, "p999": 30, "sum": 60}"#;
    assert_eq!(
        vars.to_json(),
        format!("{{\n\"latency_ns\": {filled}\n}}\n")
    );
    Ok(())
}

#[test]
fn the_same_name_is_the_same_variable() -> Result<(), Error> {
    let vars = Registry::new();
    vars.counter("hits")?.inc();
    vars.clone().counter("hits")?.inc();
    assert_eq!(vars.counter("hits")?.value(), 2);
    vars.counters("by", &["route"])?.with(&["/"]).inc();
    assert_eq!(vars.counters("by", &["route"])?.with(&["/"]).value(), 1);
    Ok(())
}

#[test]
fn a_name_holds_one_kind() -> Result<(), Error> {
    let vars = Registry::new();
    vars.gauge("depth")?;
    vars.counters("by", &["route"])?;
    let taken = |name: &str, holds, wanted| Error::Taken {
        name: name.into(),
        holds,
        wanted,
    };
    assert_eq!(
        vars.counter("depth").err(),
        Some(taken("depth", "gauge", "counter"))
    );
    assert_eq!(
        vars.func("depth", || json!(1)),
        Err(taken("depth", "gauge", "function"))
    );
    assert_eq!(
        vars.histograms("by", &["route"]).err(),
        Some(taken("by", "family of counters", "family of histograms"))
    );
    let labels = Error::OtherLabels {
        name: "by".into(),
        holds: vec!["route".into()],
        wanted: vec!["a".into(), "b".into()],
    };
    assert_eq!(vars.counters("by", &["a", "b"]).err(), Some(labels));
    assert_eq!(
        vars.counters("none", &[]).err(),
        Some(Error::NoLabels {
            name: "none".into()
        })
    );
    assert_eq!(
        vars.counter("depth")
            .err()
            .map(|error| error.to_string())
            .as_deref(),
        Some("the variable \"depth\" is already published as a gauge; it cannot also be a counter"),
    );
    Ok(())
}

#[test]
fn a_function_may_use_the_registry_it_is_in() -> Result<(), Error> {
    let vars = Registry::new();
    let inner = vars.clone();
    vars.func("calls", move || {
        inner.counter("called").map_or(json!(null), |called| {
            called.inc();
            json!(called.value())
        })
    })?;
    assert!(vars.to_json().contains("\"calls\": 1"));
    assert!(vars.to_json().contains("\"calls\": 2"));
    Ok(())
}

#[test]
fn a_function_that_panics_costs_only_its_value() -> Result<(), Error> {
    let vars = Registry::new();
    vars.func("bad", || panic!("a panic that this test wants"))?;
    vars.counter("good")?.inc();
    assert_eq!(vars.to_json(), "{\n\"bad\": null,\n\"good\": 1\n}\n");
    Ok(())
}

#[test]
fn registries_are_independent() -> Result<(), Error> {
    let (one, other) = (Registry::new(), Registry::new());
    one.counter("a")?.inc();
    assert_eq!(other.to_json(), "{\n\n}\n");
    Registry::global().counter("shared")?.inc();
    assert_eq!(Registry::global().counter("shared")?.value(), 1);
    Ok(())
}

#[test]
fn the_document_is_valid_while_variables_come_and_change() -> Result<(), Error> {
    let vars = Registry::new();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let vars = vars.clone();
            scope.spawn(move || -> Result<(), Error> {
                for i in 0..500 {
                    vars.counter(&format!("c{thread}.{}", i % 50))?.inc();
                    vars.histogram("h")?.record(i);
                    vars.counters("f", &["a", "b"])?
                        .with(&[&thread.to_string(), &i.to_string()])
                        .inc();
                    vars.text("t")?.set(i.to_string());
                }
                Ok(())
            });
        }
        for _ in 0..50 {
            Document::parse(vars.to_json().as_bytes()).expect("always a document");
        }
    });
    let read = Document::parse(vars.to_json().as_bytes()).expect("a document");
    assert_eq!(
        read.get(&"h.count".into()),
        Some(Scalar::Number(Number::U64(1_500)))
    );
    assert_eq!(vars.counter("c0.0")?.value(), 10);
    Ok(())
}
