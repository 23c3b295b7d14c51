//! `cutaway bundle` of real programs: all of it is there, what looks wrong is named, and no secret is in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::archive::unpacked;
use crate::load::Load;
use crate::programs::Program;
use crate::{alone, say};

const TOKEN: &str = "canary-of-the-debug-listener";
const PASSWORD: &str = "a canary sings at dawn";

/// Makes an archive and unpacks it.
fn bundle(program: &Program, folder: &Path, flags: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let archive = folder.join("evidence.tar.gz");
    let output = Command::new(env!("CARGO_BIN_EXE_cutaway"))
        .args(["bundle", &program.debug.to_string(), "-o"])
        .arg(&archive)
        .args(flags)
        .env("HTTP_BEARER", TOKEN)
        .env("XDG_CONFIG_HOME", "/nowhere")
        .output()
        .expect("the console starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    unpacked(&archive)
}

fn has(files: &BTreeMap<String, Vec<u8>>, names: &[&str]) {
    for name in names {
        let bytes = files
            .get(*name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", files.keys()));
        assert!(!bytes.is_empty(), "{name} is empty");
    }
}

/// The profile's bytes, inflated: its strings can be found in them.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut inflated = Vec::new();
    match std::io::Read::read_to_end(&mut GzDecoder::new(bytes), &mut inflated) {
        Ok(_) => inflated,
        Err(_) => bytes.to_vec(),
    }
}

#[test]
fn all_of_the_service_is_in_it_and_nothing_secret() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    fs::write(&token, TOKEN).expect("a token");
    let log = folder.path().join("service.log");
    let chaos = "/v1/products lock=30ms";
    let token = token.display().to_string();
    let flags = ["--debug-token-file", &token, "--chaos", chaos];
    let program = Program::sales_logging_to(&log, &flags);
    let api = program.api.expect("it has one");

    // Passwords and tokens, right and wrong ones, are given to it in every way there is.
    let answer = post(
        api,
        "/v1/users",
        &json!({"name": "ada", "roles": ["shopper"]}),
    );
    let id = answer["id"].as_i64().expect("a user");
    put(
        api,
        &format!("/v1/users/{id}/password"),
        &json!({"password": PASSWORD}),
    );
    let login = post(
        api,
        "/v1/login",
        &json!({"name": "ada", "password": PASSWORD}),
    );
    let secret = |name: &str| login[name].as_str().expect("a token").to_owned();
    let (access, refresh) = (secret("access_token"), secret("refresh_token"));
    post(
        api,
        "/v1/login",
        &json!({"name": PASSWORD, "password": [TOKEN]}),
    );
    get(
        api,
        &format!("/v1/products?after={refresh}&token={access}"),
        &access,
    );

    let load = Load::start(api, 6, "/v1/products", Duration::from_millis(10));
    let log = log.display().to_string();
    let files = bundle(&program, folder.path(), &["--seconds", "15", "--log", &log]);
    drop(load);
    has(
        &files,
        &[
            "manifest.json",
            "findings.txt",
            "findings.json",
            "versions.json",
            "cmdline.txt",
            "variables/before.json",
            "variables/after.json",
            "metrics/before.txt",
            "metrics/after.txt",
            "profiles/cpu.pb.gz",
            "profiles/heap.pb.gz",
            "profiles/allocs.pb.gz",
            "profiles/block.pb.gz",
            "profiles/mutex.pb.gz",
            "profiles/goroutine.pb.gz",
            "profiles/goroutine.txt",
            "profiles/threadcreate.pb.gz",
            "logs/service.log",
        ],
    );
    let findings: Value = serde_json::from_slice(&files["findings.json"]).expect("JSON");
    let hot = |finding: &Value| finding["name"] == "hot-lock";
    let findings = findings["findings"].as_array().expect("a list");
    assert!(findings.iter().any(hot), "{findings:?}");
    let tail = |token: &str| token.rsplit(['.', '_']).next().map(str::to_owned);
    let secrets = [tail(&access), tail(&refresh), Some("canary".to_owned())];
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(&inflated(bytes)).into_owned();
        for secret in secrets.iter().flatten() {
            // The name of the file with the token is none.
            assert!(!text.contains(secret), "{name} has {secret}");
        }
    }
}

#[test]
fn a_go_program_is_as_good() {
    let _alone = alone();
    let Some(program) = Program::go() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let files = bundle(&program, folder.path(), &["--seconds", "2"]);
    has(
        &files,
        &[
            "variables/before.json",
            "profiles/cpu.pb.gz",
            "profiles/heap.pb.gz",
            "profiles/allocs.pb.gz",
            "profiles/goroutine.pb.gz",
            "profiles/goroutine.txt",
            "profiles/threadcreate.pb.gz",
            "profiles/block.pb.gz",
            "profiles/mutex.pb.gz",
            "cmdline.txt",
        ],
    );
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).expect("JSON");
    assert_eq!(manifest["complete"], true, "{manifest}");
    say(&format!("a Go program: {} files", files.len()));
}

fn post(api: std::net::SocketAddr, path: &str, body: &Value) -> Value {
    send(api, "POST", path, "", &body.to_string())
}

fn put(api: std::net::SocketAddr, path: &str, body: &Value) -> Value {
    send(api, "PUT", path, "", &body.to_string())
}

fn get(api: std::net::SocketAddr, path: &str, token: &str) -> Value {
    send(api, "GET", path, token, "")
}

/// The answer's body, or null where it has none of JSON.
fn send(api: std::net::SocketAddr, method: &str, path: &str, token: &str, body: &str) -> Value {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(api).expect("it listens");
    let authorization = match token {
        "" => String::new(),
        token => format!("authorization: Bearer {token}\r\n"),
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\n{authorization}content-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).unwrap_or_default()
}
