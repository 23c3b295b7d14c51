//! `cutaway bundle` on what answers, half answers, and does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::archive::unpacked;
use super::fake::{Reply, path};
use super::{cutaway, go, serve, text};

fn json(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).expect("JSON")
}

/// A place for an archive.
fn place() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("evidence.tar.gz").display().to_string();
    (folder, archive)
}

const VARS: &str = r#"{"cmdline": ["/bin/shop", "--password", "canary one", "-v"], "hits": 7,
    "env": {"SHOP_TOKEN": "canary-two", "url": "postgres://me:canary-three@db/shop"}, "build": {"version": "1.2"}}"#;
const INDEX: &str = "<a href='heap?debug=1'>heap</a><a href='goroutine?debug=1'>goroutine</a>\
    <a href='mutex?debug=1'>mutex</a><a href='cmdline?debug=1'>cmdline</a><a href='profile?debug=1'>profile</a>\
    <a href='trace?debug=1'>trace</a>";

#[test]
fn half_of_the_evidence_is_evidence_and_says_what_is_missing() {
    let heap = fs::read(go("heap.pb.gz")).expect("a profile");
    let cpu = fs::read(go("cpu.pb.gz")).expect("a profile");
    let (_runtime, server) = serve(move |head| match path(head) {
        "/debug/vars" => Reply::json(VARS),
        "/debug/pprof/" => Reply::html(INDEX),
        "/debug/pprof/heap" => Reply::Answer(200, "application/octet-stream", heap.clone()),
        "/debug/pprof/profile?seconds=1" => {
            Reply::Answer(200, "application/octet-stream", cpu.clone())
        }
        "/debug/pprof/goroutine" => Reply::html("<p>login, please</p>"),
        "/debug/pprof/goroutine?debug=2" => Reply::error(200, "goroutine 1: Bearer canary-four"),
        "/debug/pprof/mutex" => Reply::error(500, "token=canary-five is wrong"),
        "/debug/pprof/cmdline" => Reply::error(200, "/bin/shop\0--password\0canary six"),
        _ => Reply::not_found(),
    });
    let (folder, archive) = place();
    let log = folder.path().join("shop.log");
    let long = "x".repeat(2 << 20);
    fs::write(
        &log,
        format!("token=canary{long}\n{{\"password\":\"canary-seven\"}}\nthe end\n"),
    )
    .expect("a log");
    let log = log.display().to_string();
    let target = server.target();
    let arguments = [
        "bundle",
        &target,
        "--seconds",
        "1",
        "-o",
        &archive,
        "--log",
        &log,
    ];
    let output = cutaway(&arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("/debug/pprof/mutex: HTTP 500: token=***"),
        "{told}"
    );

    let files = unpacked(Path::new(&archive));
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("canary"), "{name}: {text}");
    }
    assert_eq!(files["logs/shop.log"], b"{\"password\":\"***\"}\nthe end\n");
    assert_eq!(files["cmdline.txt"], b"/bin/shop\n--password\n***\n");
    let variables = json(&files, "variables/before.json");
    assert_eq!(variables["hits"], 7);
    assert_eq!(variables["env"]["url"], "postgres://me:***@db/shop");
    assert!(files.contains_key("variables/after.json"));
    assert_eq!(
        json(&files, "versions.json")["target"]["build"]["version"],
        "1.2"
    );

    let manifest = json(&files, "manifest.json");
    assert_eq!(manifest["complete"], false);
    let list = |name: &str| manifest[name].as_array().expect("a list").clone();
    let failed: Vec<Value> = list("failed")
        .iter()
        .map(|failure| failure["what"].clone())
        .collect();
    assert_eq!(failed, ["/debug/pprof/goroutine", "/debug/pprof/mutex"]);
    assert_eq!(list("absent"), ["/metrics"]);
    let mut listed: Vec<String> = list("files")
        .iter()
        .map(|file| file["file"].as_str().expect("a name").to_owned())
        .collect();
    listed.push("manifest.json".to_owned());
    listed.sort();
    assert_eq!(listed, files.keys().cloned().collect::<Vec<_>>());

    // What was read can be looked at as before.
    let cpu = folder.path().join("cpu.pb.gz");
    fs::write(&cpu, &files["profiles/cpu.pb.gz"]).expect("written");
    let top = |file: &str| {
        cutaway(&["top", file, "-n", "5"])
            .stdout
            .split_off(b"File: x".len())
    };
    let same = top(&cpu.display().to_string());
    assert_eq!(text(&same), text(&top(&go("cpu.pb.gz"))));

    let again = cutaway(&arguments);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("exists"), "{again:?}");
}

#[test]
fn metrics_alone_are_a_bundle() {
    let (_runtime, server) = serve(|head| match path(head) {
        "/metrics" => Reply::text(
            "# TYPE hits_total counter\nhits_total{token=\"canary\"} 3\ngo_info{version=\"go1.19\"} 1\n",
        ),
        _ => Reply::not_found(),
    });
    let (_folder, archive) = place();
    let output = cutaway(&[
        "bundle",
        &server.url("/metrics"),
        "--seconds",
        "1",
        "-o",
        &archive,
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let files = unpacked(Path::new(&archive));
    let metrics = text(&files["metrics/before.txt"]);
    assert!(metrics.contains("hits_total{token=\"***\"} 3"), "{metrics}");
    assert!(files.contains_key("metrics/after.txt"));
    assert!(!files.contains_key("variables/before.json"));
    let versions = json(&files, "versions.json");
    assert_eq!(
        versions["target"]["info"][0],
        "go_info{version=\"go1.19\"} 1"
    );
}

#[test]
fn nobody_there_makes_no_archive() {
    let (_folder, archive) = place();
    let (runtime, server) = serve(|_| Reply::not_found());
    let target = server.target();
    let empty = cutaway(&["bundle", &target, "--seconds", "1", "-o", &archive]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(text(&empty.stderr).contains("no archive"), "{empty:?}");
    drop((server, runtime));
    let refused = cutaway(&["bundle", &target, "--seconds", "1", "-o", &archive]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("refused"), "{refused:?}");
    for wrong in [
        &["bundle", "4000-4001"][..],
        &["bundle", "host/path"],
        &["bundle", "4000", "--seconds", "0"],
    ] {
        assert_eq!(cutaway(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert!(!Path::new(&archive).exists());
}
