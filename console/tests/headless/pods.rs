//! `k8s:` on the command line: where clusters are looked for, and what is said when there is nothing to read.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::text;

/// What it prints of `k8s:sales-system`, once.
fn once(kubeconfig: &Path, form: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutaway"));
    command
        .args(["k8s:sales-system", "--once", form])
        .env("KUBECONFIG", kubeconfig)
        .env("XDG_CONFIG_HOME", "/nowhere");
    command.output().expect("the program runs")
}

/// An API server that knows these pods, for as long as the test runs: it lists them, and nothing else.
fn api_server(pods: &Value) -> SocketAddr {
    let list = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": pods});
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
    let addr = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let list = list.clone();
            // Clients hang up as they like.
            std::thread::spawn(move || drop(answer(&stream, &list)));
        }
    });
    addr
}

fn answer(mut stream: &TcpStream, list: &Value) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.to_lowercase());
    }
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse().expect("a number"));
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let is_list = lines.first().is_some_and(|line| {
        line.starts_with("get ") && line.contains("/namespaces/sales-system/pods?")
    });
    let (status, body) = if is_list {
        ("200 OK", list.clone())
    } else {
        let missing = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "not found", "reason": "NotFound", "code": 404});
        ("404 Not Found", missing)
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// What is printed in each form, of a cluster with these pods; the exit code is that of a target that is down.
fn printed(pods: &Value) -> Vec<(&'static str, String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config");
    let server = format!("http://{}", api_server(pods));
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "rig",
        "clusters": [{"name": "rig", "cluster": {"server": server}}],
        "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": "me"}}],
        "users": [{"name": "me", "user": {}}],
    });
    // JSON is YAML.
    std::fs::write(&file, config.to_string()).expect("the folder can be written to");
    let forms = ["csv", "md", "prom", "json"].map(|form| {
        let output = once(&file, form);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{form}: {told}");
        (form, text(&output.stdout), told)
    });
    forms.into()
}

fn pod(name: &str, annotations: &Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "sales-system", "uid": name, "annotations": annotations},
        "status": {"phase": "Pending"},
    })
}

#[test]
fn a_cluster_is_looked_for_where_kubeconfig_says() {
    let output = once(Path::new("/no/such/file"), "json");
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let target = &document["targets"][0];
    assert_eq!(target["name"], "k8s:sales-system");
    assert_eq!(
        target["error"],
        "kubeconfig: /no/such/file is not there, and this is no pod; set KUBECONFIG"
    );
}

#[test]
fn no_pod_that_offers_itself_is_told() {
    let why = "not found: no pod in sales-system offers itself by the annotation cutaway.dev/port; k8s:sales-system/* asks for all";
    for (form, out, told) in printed(&json!([pod("api-1", &json!({}))])) {
        if form == "json" {
            let document: Value = serde_json::from_str(&out).expect("it is JSON");
            assert_eq!(document["targets"][0]["error"], why);
        } else {
            assert_eq!(
                told,
                format!("cutaway: k8s:sales-system: {why}\n"),
                "{form}"
            );
        }
    }
}

#[test]
fn pods_of_which_none_is_ready_are_told() {
    let offered = |name| pod(name, &json!({"cutaway.dev/port": "4000"}));
    let pods: Vec<Value> = ["api-1", "api-2", "api-3", "api-4"].map(offered).into();
    for (form, out, told) in printed(&pods.into()) {
        let why = "starting: it is waiting for its node";
        match form {
            "json" => {
                let document: Value = serde_json::from_str(&out).expect("it is JSON");
                assert_eq!(document["targets"][3]["error"], why);
            }
            _ => assert_eq!(
                told,
                format!(
                    "cutaway: k8s:sales-system: no pod is ready (api-1: {why}, api-2: {why}, api-3: {why}, and 1 more); ask again when one runs\n"
                ),
                "{form}"
            ),
        }
        if form == "prom" {
            assert!(!out.contains("up"), "what is not there is not up: {out}");
        }
    }
}
