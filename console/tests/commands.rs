//! The program without a terminal: lines, documents, tables, exit codes.

mod archive;
#[path = "headless/bundle.rs"]
mod bundle;
#[path = "../scrape/tests/fake/mod.rs"]
mod fake;
mod habits;
#[cfg(feature = "kubernetes")]
#[path = "headless/pods.rs"]
mod pods;
#[path = "headless/pprof.rs"]
mod pprof;
#[path = "headless/profiles.rs"]
mod profiles;
#[path = "headless/variables.rs"]
mod variables;

use std::process::{Command, Output, Stdio};

use fake::{Fake, Reply, path};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

fn cutaway(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutaway"));
    command
        .args(arguments)
        .env_remove("HTTP_USER")
        .env_remove("HTTP_PASSWORD")
        .env_remove("HTTP_BEARER")
        .env("XDG_CONFIG_HOME", "/nowhere")
        .stdin(Stdio::null());
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn go(name: &str) -> String {
    format!("{}/testdata/go/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A server, alive as long as its runtime.
fn serve(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Runtime, Fake) {
    let runtime = Runtime::new().expect("a runtime can be started");
    let fake = runtime.block_on(Fake::start(reply));
    (runtime, fake)
}

fn service(head: &str) -> Reply {
    match path(head) {
        "/debug/vars" => Reply::json(
            r#"{"cmdline": ["/bin/shop", "-v"], "hits": 7, "mean": 1.005, "memstats": {"Alloc": 6815744, "PauseNs": [4000, 2000, 0, 0]}, "http.ok": true, "x": NaN}"#,
        ),
        "/metrics" => Reply::text("up 1\nbad\n"),
        _ => Reply::not_found(),
    }
}

#[test]
fn lines_are_expvarmons() {
    let (_runtime, server) = serve(service);
    let ports = format!("-ports={}", server.target());
    let output = cutaway(&[
        &ports,
        "-i=10ms",
        r"-vars=mem:memstats.Alloc,duration:memstats.PauseNs,hits,mean,str:http\.ok,none,up",
        "--count",
        "2",
    ]);
    assert!(output.status.success(), "{output:?}");
    let lines = text(&output.stdout);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(
        lines[1],
        "shop: Alloc: 6.5MB, PauseNs: 3µs, hits: 7, mean: 1.00, http.ok: true, none: N/A, up: 1, "
    );
    assert_eq!(lines[0].len(), "15:04:05 31/12".len());
}

#[test]
fn lines_name_what_fails() {
    let (_runtime, good) = serve(service);
    let (_other, bad) = serve(|_| Reply::error(500, "\x1b[2Jno"));
    let list = format!("{},{},4003-4001", good.target(), bad.target());
    let output = cutaway(&["-ports", &list, "-i", "10ms", "-dummy", "--count", "1"]);
    assert!(output.status.success(), "{output:?}");
    let printed = text(&output.stdout);
    assert!(
        printed.contains(&format!("shop {}: Alloc: 6.5MB, ", good.target())),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("{}: ERROR: HTTP 500: ␛[2Jno\n", bad.target())),
        "{printed}"
    );
    assert!(
        text(&output.stderr).contains("4003-4001: the range runs backwards"),
        "{output:?}"
    );
}

#[test]
fn the_console_watches_itself() {
    let output = cutaway(&[
        "-self",
        "-vars=uptime_ns,messages",
        "-i=10ms",
        "--count",
        "1",
    ]);
    let printed = text(&output.stdout);
    assert!(
        output.status.success() && printed.contains("cutaway: uptime_ns: "),
        "{output:?}"
    );
}

#[test]
fn once_prints_one_document() {
    let (_runtime, server) = serve(service);
    let output = cutaway(&[&server.target(), "--once", "json"]);
    assert!(output.status.success(), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let target = &document["targets"][0];
    assert_eq!(target["ok"], true);
    assert_eq!(target["url"], format!("http://{}", server.target()));
    let expected = json!({"cmdline": ["/bin/shop", "-v"], "hits": 7, "mean": 1.005, "memstats.Alloc": 6_815_744, "memstats.PauseNs": [4000, 2000, 0, 0], r"http\.ok": true, "x": null});
    assert_eq!(target["sources"]["expvar"]["values"], expected);
    assert_eq!(target["sources"]["prometheus"]["values"], json!({"up": 1}));
    assert_eq!(target["sources"]["prometheus"]["warnings"], 1);

    let some = cutaway(&[&server.target(), "--once", "json", "-vars", "hits"]);
    let document: Value = serde_json::from_slice(&some.stdout).expect("it is JSON");
    assert_eq!(
        document["targets"][0]["sources"]["expvar"]["values"],
        json!({"hits": 7})
    );
}

#[test]
fn once_fails_if_a_target_does() {
    let (_runtime, good) = serve(service);
    let (_other, bad) = serve(|_| Reply::Answer(500, "application/json", b"{}".to_vec()));
    let output = cutaway(&[&good.target(), &bad.target(), "--once=json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(document["targets"][1]["error"], "HTTP 500: {}");
    assert_eq!(document["targets"][0]["ok"], true);
}

#[test]
fn a_source_that_fails_is_named() {
    let metrics = |head: &str| match path(head) {
        "/metrics" => Reply::error(500, "broken"),
        _ => service(head),
    };
    let (_runtime, server) = serve(metrics);
    let output = cutaway(&[&server.target(), "--once=json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let target = &document["targets"][0];
    assert_eq!(target["error"], "prometheus: HTTP 500: broken");
    assert_eq!(target["sources"]["expvar"]["values"]["hits"], 7);
    let lines = text(&cutaway(&[&server.target(), "--count=1"]).stdout);
    assert!(
        lines.contains(": ERROR: prometheus: HTTP 500: broken\n"),
        "{lines}"
    );
}

#[test]
fn bad_use_is_named_and_exits_2() {
    let pods = if cfg!(feature = "kubernetes") {
        (["k8s:default/deploy/"], "the name is missing after deploy/")
    } else {
        (
            ["k8s:default/shop-0"],
            "k8s:default/pod/shop-0: pods need the cargo feature `kubernetes`, which this build does not have: cargo build --release -p cutaway --features kubernetes",
        )
    };
    let cases: &[(&[&str], &str)] = &[
        (&["https://x:y"], "https://x:y: y is not a port"),
        (&pods.0, pods.1),
        (&["-i", "0"], "must be more than nothing"),
        (&["-i", "soon"], "soon is not a duration"),
        (&["-nonsense"], "unexpected argument"),
        (&["--once", "xml"], "json"),
        (
            &["http://me:secret@x:99999"],
            "http://***@x:99999: 99999 is not a port",
        ),
        (&["top", "no-such-file"], "no file of this name"),
        (
            &["top", &go("heap.pb.gz"), "--sample-type", "x"],
            "there are: alloc_objects, alloc_space, inuse_objects, inuse_space",
        ),
    ];
    for (arguments, message) in cases {
        let output = cutaway(arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: {errors}");
        assert!(!errors.contains("secret"), "{errors}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for (argument, expected) in [
        ("--help", "Examples:"),
        ("-help", "HTTP_PASSWORD"),
        ("-h", "Usage"),
        ("--version", env!("CARGO_PKG_VERSION")),
        ("--help", "EXPR compares"),
    ] {
        let output = cutaway(&[argument]);
        assert!(
            output.status.success() && text(&output.stdout).contains(expected),
            "{argument}: {output:?}"
        );
    }
}

#[test]
fn top_reads_files_and_targets() {
    let cpu = std::fs::read(go("cpu.pb.gz")).expect("it was captured");
    let (_runtime, server) = serve(move |head| match path(head) {
        "/debug/pprof/profile?seconds=1" => {
            Reply::Answer(200, "application/octet-stream", cpu.clone())
        }
        "/debug/pprof/mutex" => Reply::error(501, "no mutexes here"),
        _ => Reply::not_found(),
    });
    let from_file = cutaway(&["top", &go("cpu.pb.gz"), "-n", "3"]);
    let printed = text(&from_file.stdout);
    assert!(
        printed.contains("    1290ms 26.60% 26.60%     1290ms 26.60%  crypto/sha256.block\n"),
        "{printed}"
    );
    assert!(
        printed.contains("Duration: 5.18s, Total samples = 4850ms (93.60%)\n"),
        "{printed}"
    );
    for source in [
        server.target(),
        server.url("/debug/pprof/profile?seconds=1"),
    ] {
        assert_eq!(
            cutaway(&["top", &source, "--seconds", "1", "-n", "3"]).stdout,
            from_file.stdout
        );
    }
    let failed = cutaway(&["top", &server.url("/debug/pprof/mutex")]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        text(&failed.stderr).contains("/debug/pprof/mutex: unsupported: no mutexes here"),
        "{failed:?}"
    );
}

#[test]
fn credentials_of_the_environment_are_used_and_never_shown() {
    let (_runtime, server) = serve(|head| {
        if head.contains("\r\nauthorization: Basic bWU6c2VjcmV0\r\n") {
            Reply::json("{}")
        } else {
            Reply::error(401, head)
        }
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutaway"));
    let output = command
        .args([&server.url("/x"), "--once", "json"])
        .envs([("HTTP_USER", "me"), ("HTTP_PASSWORD", "secret")])
        .output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    assert!(!text(&output.stdout).contains("secret"));
    assert_eq!(
        cutaway(&[&server.url("/x"), "--once", "json"])
            .status
            .code(),
        Some(1)
    );
}
