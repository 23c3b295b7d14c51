//! The program as it is used: what it prints, keeps, and ends with. Whether limits are met is not these tests' business: the
//! machine they run on is busy.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn bench(args: &[&str], results: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(args)
        .arg("--results")
        .arg(results)
        .output();
    output.expect("it starts")
}

fn record(results: &Path, name: &str) -> Value {
    let text = fs::read_to_string(results.join(format!("{name}.json"))).expect("a result");
    serde_json::from_str(&text).expect("JSON")
}

fn row<'a>(record: &'a Value, what: &str) -> &'a Value {
    let rows = record["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["what"] == what);
    row.unwrap_or_else(|| panic!("no row {what:?} in {record}"))
}

/// It measured to the end, limits met or not.
fn assert_ended(output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{text}");
    assert!(!text.contains("could not be finished"), "{text}");
}

#[test]
fn the_committed_page_is_made_of_the_committed_results() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let copy = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(&committed).expect("results") {
        let path = entry.expect("readable").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_name().expect("a file has a name");
            fs::copy(&path, copy.path().join(name)).expect("copied");
        }
    }
    assert!(bench(&["report"], copy.path()).status.success());
    let page = |folder: &Path| fs::read_to_string(folder.join("README.md")).expect("a page");
    assert!(
        page(copy.path()) == page(&committed),
        "results/README.md differs from what its JSON files make: run `cargo run -p bench -- report`"
    );
}

#[test]
fn a_benchmark_keeps_its_values_and_shows_them_on_the_page() {
    let results = tempfile::tempdir().expect("a folder");
    let output = bench(
        &["run", "--quick", "variables", "vars-endpoint"],
        results.path(),
    );
    assert_ended(&output);
    let variables = record(results.path(), "variables");
    let cost = row(&variables, "CPU per request, one thread");
    assert_eq!(cost["pairs"].as_array().map(Vec::len), Some(4), "{cost}");
    assert!(cost["value"].as_f64().expect("a number") > 0.0, "{cost}");
    assert_eq!(cost["limit"]["at_most"], 400.0);
    for field in ["cpu", "kernel", "rustc", "commit", "placement"] {
        assert!(variables["machine"][field].is_string(), "{field}");
    }
    let endpoint = record(results.path(), "vars-endpoint");
    assert!(row(&endpoint, "size of an answer")["value"].as_f64() > Some(10_000.0));
    let page = fs::read_to_string(results.path().join("README.md")).expect("a page");
    assert!(
        page.contains("### variables") && page.contains("≤ 400 ns"),
        "{page}"
    );
}

#[test]
fn the_service_and_its_rival_answer_the_same() {
    let results = tempfile::tempdir().expect("a folder");
    let output = bench(&["run", "--quick", "go-rival"], results.path());
    assert_ended(&output);
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("go-rival: skipped: there is no go here") {
        assert!(!results.path().join("go-rival.json").exists());
        return;
    }
    let rival = record(results.path(), "go-rival");
    let ratio = row(&rival, "requests per CPU-second");
    assert_eq!(ratio["pairs"].as_array().map(Vec::len), Some(4), "{ratio}");
    assert_eq!(ratio["limit"]["at_least"], 1.5);
}

#[test]
fn pipelines_differ_in_their_parts_alone() {
    let results = tempfile::tempdir().expect("a folder");
    let output = bench(&["run", "--quick", "onion", "group-commit"], results.path());
    assert_ended(&output);
    let onion = record(results.path(), "onion");
    for (what, limit) in [
        ("POST /v1/orders, throughput", -3.0),
        ("GET /v1/products/{id}, throughput", -10.0),
    ] {
        assert_eq!(row(&onion, what)["limit"]["at_least"], limit);
    }
    for part in ["ids", "traces", "log", "metrics", "auth"] {
        row(&onion, &format!("POST /v1/orders, {part}, CPU per request"));
    }
    let together = record(results.path(), "group-commit");
    let orders = row(&together, "orders in a commit");
    let alone = orders["pairs"][0][0].as_f64();
    assert!(
        alone.is_some_and(|orders| (orders - 1.0).abs() < 1e-9),
        "{orders}"
    );
}

/// Only where the console was built as well.
#[test]
fn the_console_is_measured_on_a_terminal() {
    let programs = Path::new(env!("CARGO_BIN_EXE_bench")).parent();
    if !programs.is_some_and(|folder| folder.join("cutaway").is_file()) {
        return;
    }
    let results = tempfile::tempdir().expect("a folder");
    assert_ended(&bench(&["run", "--quick", "console-start"], results.path()));
    let start = record(results.path(), "console-start");
    let first = row(&start, "first value on the screen");
    assert_eq!(first["limit"]["at_most"], 50e6);
    assert!(first["value"].as_f64() > Some(0.0), "{first}");
}

#[test]
fn the_service_under_fire_answers_every_request() {
    let results = tempfile::tempdir().expect("a folder");
    let output = bench(&["soak", "--seconds", "3", "soak-profile"], results.path());
    assert_ended(&output);
    let soak = record(results.path(), "soak-profile");
    assert!(row(&soak, "requests sent")["value"].as_f64() > Some(10.0));
    for none in [
        "requests without an answer",
        "requests answered otherwise than they should",
        "difference between the service's count of requests and the client's",
    ] {
        assert_eq!(row(&soak, none)["value"], 0.0, "{none}");
    }
}

#[test]
fn readers_stand_broken_input() {
    let results = tempfile::tempdir().expect("a folder");
    let readers = ["fuzz-profile", "fuzz-exposition", "fuzz-expvar"];
    let output = bench(
        &[&["soak", "--seconds", "3"], &readers[..]].concat(),
        results.path(),
    );
    assert_ended(&output);
    for reader in readers {
        let fuzz = record(results.path(), reader);
        assert!(row(&fuzz, "executions")["value"].as_f64() > Some(100.0));
        let broken = row(
            &fuzz,
            "panics, aborts, hangs, contradictions, too much memory",
        );
        assert_eq!(broken["value"], 0.0, "{}", fuzz["notes"]);
    }
}

#[test]
fn a_name_that_is_none_is_refused() {
    let results = tempfile::tempdir().expect("a folder");
    let output = bench(&["run", "speed"], results.path());
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("there is no \"speed\" to run"), "{text}");
}
