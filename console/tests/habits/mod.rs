//! Config, keys, completions, man page, recordings: what a tool that is used every day has.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{cutaway, serve, service, text};

fn printed(arguments: &[&str]) -> String {
    let output = cutaway(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    text(&output.stdout)
}

#[test]
fn the_template_is_printed_and_is_a_config() {
    let template = printed(&["config"]);
    assert!(template.contains("# interval = \"1s\""), "{template}");
    let place = tempfile::tempdir().expect("a place for files");
    let file = place.path().join("config.toml");
    fs::write(&file, &template).expect("writable");
    let (_runtime, server) = serve(service);
    let file = file.to_string_lossy();
    let lines = printed(&[
        "--config",
        &file,
        &server.target(),
        "--dummy",
        "--count",
        "1",
    ]);
    assert!(lines.contains("shop"), "{lines}");
    let schema: Value = serde_json::from_str(&printed(&["config", "--schema"])).expect("JSON");
    assert_eq!(schema["properties"]["mouse"]["type"], "boolean");
    assert!(printed(&["config", "--path"]).ends_with("cutaway/config.toml\n"));
}

#[test]
fn what_the_command_line_leaves_open_comes_from_the_config() {
    let (_runtime, server) = serve(service);
    let place = tempfile::tempdir().expect("a place for files");
    let file = place.path().join("config.toml");
    let config = format!(
        "targets = [\"{}\"]\ninterval = \"10ms\"\nvars = [\"hits\"]\n",
        server.target()
    );
    fs::write(&file, config).expect("writable");
    let file = file.to_string_lossy();
    let lines = printed(&["--config", &file, "--dummy", "--count", "2"]);
    assert!(lines.ends_with("shop: hits: 7, \n"), "{lines}");
    let lines = printed(&[
        "--config", &file, "--dummy", "--count", "1", "-vars", "mean",
    ]);
    assert!(lines.ends_with("shop: mean: 1.00, \n"), "{lines}");
}

#[test]
fn a_bad_config_is_refused_with_what_is_wrong() {
    let place = tempfile::tempdir().expect("a place for files");
    let file = place.path().join("config.toml");
    for (config, words) in [
        ("colour = 1", "colour"),
        ("interval = \"5\"", "config: interval: 5 is not a duration"),
        ("record_limit = \"1KB\"", "at least 64KB"),
    ] {
        fs::write(&file, config).expect("writable");
        let output = cutaway(&["--config", &file.to_string_lossy(), "1", "--dummy"]);
        assert!(!output.status.success(), "{config}");
        let error = text(&output.stderr);
        assert!(error.contains(words), "{config}: {error}");
    }
    let output = cutaway(&["--config", "/nowhere/at/all.toml", "1"]);
    assert!(text(&output.stderr).contains("cannot read /nowhere/at/all.toml"));
}

#[test]
fn keys_completions_and_the_man_page_are_printed() {
    let keys = printed(&["keys"]);
    assert!(
        keys.contains("board.pin") && keys.contains("everywhere.quit"),
        "{keys}"
    );
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            printed(&["completions", shell]).contains("record-limit"),
            "{shell}"
        );
    }
    let man = printed(&["man"]);
    assert!(
        man.starts_with(".ie") || man.contains(".TH cutaway 1"),
        "{man:.200}"
    );
}

#[test]
fn what_is_read_is_recorded_once_and_nothing_is_overwritten() {
    let (_runtime, server) = serve(service);
    let place = tempfile::tempdir().expect("a place for files");
    let file = place.path().join("run.session");
    let record = |file: &Path| {
        cutaway(&[
            &server.target(),
            "-i=10ms",
            "--dummy",
            "--count",
            "3",
            "--record",
            &file.to_string_lossy(),
        ])
    };
    assert!(record(&file).status.success());
    let written = fs::read_to_string(&file).expect("recorded");
    let lines = written.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("each line is JSON");
    assert_eq!(lines[0]["session"], 1);
    assert!(
        lines.iter().any(|line| line["names"].is_array()),
        "{written}"
    );
    let again = record(&file);
    assert!(!again.status.success());
    assert!(
        text(&again.stderr).contains("cannot record to"),
        "{again:?}"
    );
    assert_eq!(fs::read_to_string(&file).ok(), Some(written));
}

#[test]
fn secrets_come_from_files_and_are_never_printed() {
    let (_runtime, server) = serve(|head| {
        let shown = head
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "));
        super::Reply::json(format!("{{\"{}\": 1}}", shown.unwrap_or("nobody")))
    });
    let place = tempfile::tempdir().expect("a place for files");
    let file = place.path().join("token");
    fs::write(&file, "tok3n\n").expect("writable");
    let url = server.url("/vars");
    let once = printed(&[
        &url,
        "--once",
        "json",
        "--bearer-file",
        &file.to_string_lossy(),
    ]);
    assert!(
        once.contains("Bearer tok3n"),
        "the server got it and says so: {once}"
    );
    fs::write(&file, "\n").expect("writable");
    let output = cutaway(&[
        &url,
        "--once",
        "json",
        "--bearer-file",
        &file.to_string_lossy(),
    ]);
    assert!(text(&output.stderr).contains("is no secret"), "{output:?}");
    let refused = cutaway(&["https://me:s3cret@127.0.0.1:1/x", "--once", "json"]);
    assert!(!format!("{refused:?}").contains("s3cret"), "{refused:?}");
}
