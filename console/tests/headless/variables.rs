//! `--once` in its forms, `--watch`, and `--fail-if` on variables.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::fake::{Reply, path};
use super::{cutaway, serve, service, text};

/// A service with hits that grow by ten a reading.
fn growing() -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    let hits = AtomicU64::new(0);
    move |head| match path(head) {
        "/debug/vars" => {
            let hits = hits.fetch_add(10, Ordering::SeqCst);
            Reply::json(format!(
                "{{\"hits\": {hits}, \"name\": \"a \\u001b[2J b\"}}"
            ))
        }
        "/metrics" => Reply::text("# TYPE sent_total counter\nsent_total{code=\"2\\\"00\"} 5\n"),
        _ => Reply::not_found(),
    }
}

#[test]
fn once_prints_tables_and_metrics() {
    let (_runtime, server) = serve(growing());
    let target = server.target();
    let print = |form: &str| text(&cutaway(&[&target, "--once", form]).stdout);
    let csv = print("csv");
    assert!(csv.starts_with("target,source,name,value\n"), "{csv}");
    assert!(csv.contains(&format!("{target},expvar,hits,")), "{csv}");
    assert!(
        csv.contains(&format!("{target},expvar,name,a ␛[2J b\n")),
        "{csv}"
    );
    let md = print("md");
    assert!(
        md.contains(&format!("| {target} | expvar | hits | ")),
        "{md}"
    );
    let metrics = print("prom");
    assert!(
        metrics.contains(&format!("up{{target=\"{target}\"}} 1\n")),
        "{metrics}"
    );
    let sent = format!("sent_total{{code=\"2\\\"00\",target=\"{target}\"}} 5\n");
    assert!(metrics.contains(&sent), "{metrics}");
    assert!(!metrics.contains("name"), "{metrics}");
}

#[test]
fn metrics_of_a_target_that_is_down_say_so() {
    let (_runtime, bad) = serve(|_| Reply::error(500, "no"));
    let output = cutaway(&[&bad.target(), "--once", "prom"]);
    assert_eq!(output.status.code(), Some(1));
    let down = format!("up{{target=\"{}\"}} 0\n", bad.target());
    assert!(text(&output.stdout).contains(&down), "{output:?}");
    assert!(text(&output.stderr).contains("HTTP 500: no"), "{output:?}");
}

#[test]
fn watching_prints_a_line_a_target_and_interval() {
    let (_runtime, server) = serve(growing());
    let target = server.target();
    let watch = |form: &str| {
        let form = format!("--watch{form}");
        let vars = "--vars=hits,hits.rate,none";
        let output = cutaway(&[&target, &form, "-i", "20ms", "--count", "3", vars]);
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    };
    let lines = watch("");
    assert_eq!(lines.lines().count(), 3, "{lines}");
    let last = lines.lines().last().unwrap_or_default();
    let mut words = last.split(' ');
    assert_eq!(
        words.next().map(str::len),
        Some("2026-11-21T01:32:07Z".len())
    );
    assert_eq!(words.next(), Some(target.as_str()));
    assert!(last.contains(" hits=") && !last.contains("none"), "{last}");
    let json = watch("=json");
    let document: Value =
        serde_json::from_str(json.lines().last().unwrap_or_default()).expect("JSON");
    assert_eq!(
        (&document["ok"], &document["error"]),
        (&true.into(), &Value::Null)
    );
    assert!(document["values"]["hits"].as_u64().is_some(), "{document}");
    let csv = watch("=csv");
    assert!(
        csv.starts_with("time,target,error,hits,hits.rate,none\n"),
        "{csv}"
    );
}

#[test]
fn text_in_lines_is_quoted_and_obeyed_by_nobody() {
    let (_runtime, server) = serve(growing());
    let output = cutaway(&[&server.target(), "--watch", "-i", "20ms", "--count", "1"]);
    let lines = text(&output.stdout);
    assert!(lines.contains(" name=\"a ␛[2J b\""), "{lines}");
    let (_runtime, bad) = serve(|_| Reply::error(500, "\x1b[2Jno"));
    let output = cutaway(&[&bad.target(), "--watch", "-i", "20ms", "--count", "1"]);
    let lines = text(&output.stdout);
    assert!(lines.contains(" error=\"HTTP 500: ␛[2Jno\""), "{lines}");
}

#[test]
fn conditions_on_variables_decide_the_exit_code() {
    let (_runtime, server) = serve(service);
    let target = server.target();
    for (condition, code) in [
        ("hits > 6", 3),
        ("hits > 7", 0),
        ("memstats.Alloc > 6MiB && up == 1", 3),
        ("http\\.ok == 0", 0),
        ("hits.rate > 0", 0),
        ("nothing > 0", 1),
        ("cmdline > 0", 1),
    ] {
        for mode in ["--once=csv", "--watch"] {
            let mut arguments = vec![target.as_str(), mode, "-i", "20ms", "--fail-if", condition];
            if mode == "--watch" {
                arguments.extend(["--count", "4"]);
            }
            let output = cutaway(&arguments);
            assert_eq!(
                output.status.code(),
                Some(code),
                "{condition} {mode}: {output:?}"
            );
        }
    }
    let down = cutaway(&["127.0.0.1:1", "--once=csv", "--fail-if", "up == 0"]);
    assert_eq!(down.status.code(), Some(3), "{down:?}");
    assert!(text(&down.stderr).contains("up == 0 (up 0)"), "{down:?}");
}

#[test]
fn growth_is_told_by_two_readings() {
    let (_runtime, server) = serve(growing());
    let output = cutaway(&[
        &server.target(),
        "--once=csv",
        "-i",
        "20ms",
        "--vars=hits.rate",
        "--fail-if",
        "hits.rate > 1",
    ]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(text(&output.stdout).contains(",hits.rate,"), "{output:?}");
}

#[test]
fn conditions_without_an_end_are_refused() {
    for (arguments, words) in [
        (&["--fail-if", "up == 0"][..], "needs --once or --watch"),
        (&["--watch=csv"], "needs --vars"),
        (&["--once=csv", "--watch"], "cannot be used with"),
    ] {
        let output = cutaway(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(words), "{output:?}");
    }
}
