//! A password and tokens that are given to the service come out of it nowhere: not in variables, profiles, the command line,
//! the log, errors, the audit log or the database, nor in what the console records of it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use hyper::Method;
use serde_json::{Value, json};

use crate::access::send;
use crate::logins::{PASSWORD, with_user, with_user_and};
use crate::support::{Answer, Client};

const WRONG: &str = "a canary that sings false";

/// Panics if one of the secrets, or much of it, is in there.
fn silent(what: &str, text: &str, secrets: &[String]) {
    for secret in secrets {
        // The last part of a token is the one that makes it good.
        let tail = secret.rsplit('.').next().unwrap_or(secret);
        let tail = tail.strip_prefix("refresh_").unwrap_or(tail);
        assert!(!text.contains(tail), "{what} has a secret");
    }
    assert!(!text.contains("canary"), "{what} has a password");
}

async fn bad_request(client: &Client, path: &str, body: &Value, bearer: &str) -> Answer {
    send(client, Method::POST, path, bearer, body).await
}

#[tokio::test]
async fn what_is_secret_stays_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, admin) = with_user(directory.path(), &["shopper"]).await;
    let client = service.client();
    let login = json!({"name": "ada", "password": PASSWORD});
    let answer = client.post("/v1/login", &login).await.json();
    let text = |name: &str| answer[name].as_str().expect("a text").to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    let bearer = format!("Bearer {access}");
    let secrets = [admin.clone(), access.clone(), refresh.clone()];

    // Whatever can go wrong with them.
    let tampered = format!("{bearer}A");
    let no_object = json!([PASSWORD, refresh, access]);
    for (path, body, bearer) in [
        ("/v1/login", &json!({"name": "ada", "password": WRONG}), ""),
        ("/v1/login", &no_object, ""),
        (
            "/v1/login",
            &json!({"name": PASSWORD.repeat(9), "password": refresh}),
            "",
        ),
        (
            "/v1/refresh",
            &json!({"refresh_token": format!("{refresh}A")}),
            "",
        ),
        ("/v1/refresh", &json!({"refresh_token": [refresh]}), ""),
        ("/v1/logout", &no_object, ""),
        (
            "/v1/revocations",
            &json!({"token": format!("{access} ")}),
            &*admin,
        ),
        ("/v1/orders", &no_object, &bearer),
        ("/v1/orders", &json!({}), &tampered),
        ("/v1/shop/close", &json!({}), &bearer),
    ] {
        let answer = bad_request(&client, path, body, bearer).await;
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status.as_u16() >= 400 {
            silent(path, &said, &secrets);
        }
    }
    let path = "/v1/users/1/password";
    let short = json!({"password": "canary"});
    let refused = send(&client, Method::PUT, path, &admin, &short).await;
    silent(path, &String::from_utf8_lossy(&refused.body), &secrets);
    let query = format!("/v1/products?after={refresh}&limit={access}");
    let refused = send(&client, Method::GET, &query, &bearer, &Value::Null).await;
    silent("a query", &String::from_utf8_lossy(&refused.body), &secrets);

    for (what, path) in [
        ("variables", "/debug/vars"),
        ("metrics", "/metrics"),
        ("the command line", "/debug/pprof/cmdline"),
        ("tasks", "/debug/pprof/goroutine?debug=2"),
        ("the heap", "/debug/pprof/heap?debug=1"),
    ] {
        let answer = service.debug_client().get(path).await;
        silent(what, &String::from_utf8_lossy(&answer.body), &secrets);
    }
    let audit = send(&client, Method::GET, "/v1/audit", &admin, &Value::Null).await;
    silent(
        "the audit log",
        &String::from_utf8_lossy(&audit.body),
        &secrets,
    );

    let (status, log) = service.stop().await;
    assert!(status.success());
    assert!(log.contains("/v1/login"), "the log has the requests: {log}");
    silent("the log", &log, &secrets);
    files_are_silent(directory.path(), &secrets);
}

/// What the debug listener asks of whoever looks at it.
const DEBUG_TOKEN: &str = "a-canary-that-looks-inside";

/// Runs the console to its end, if it was built as well.
async fn console(flags: &[&str]) -> Option<Output> {
    let program = Path::new(env!("CARGO_BIN_EXE_sales-api")).with_file_name("cutaway");
    if !program.is_file() {
        eprintln!("SKIPPED: there is no console beside the service to record with");
        return None;
    }
    let mut console = Command::new(program);
    console.env("HTTP_BEARER", DEBUG_TOKEN).stdin(Stdio::null());
    console.args(flags);
    let ended = tokio::task::spawn_blocking(move || console.output());
    Some(ended.await.expect("no panics").expect("starts"))
}

#[tokio::test]
async fn a_recording_of_the_console_has_nothing_secret() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let token = path("token");
    std::fs::write(&token, DEBUG_TOKEN).expect("written");
    let flags = ["--debug-token-file", &*token];
    let (service, admin) = with_user_and(directory.path(), &["shopper"], &flags).await;
    let client = service.client();
    let login = json!({"name": "ada", "password": PASSWORD});
    let answer = client.post("/v1/login", &login).await.json();
    let text = |name: &str| answer[name].as_str().expect("a text").to_owned();
    let secrets = [admin, text("access_token"), text("refresh_token")];
    let wrong = json!({"name": "ada", "password": WRONG});
    let bearer = format!("Bearer {}A", secrets[1]);
    let refused = send(&client, Method::POST, "/v1/login", &bearer, &wrong).await;
    assert_eq!(refused.status, 401);

    // As one that may look, and as one that says a password in the address and may not.
    let known = service.debug.to_string();
    let unknown = format!("http://watcher:a-canary@{}/debug/vars", service.debug);
    let recording = path("recording");
    let flags = ["--count", "3", "-i", "200ms", "--record", &recording];
    let Some(ended) = console(&[&flags[..], &[&known, &unknown]].concat()).await else {
        return;
    };
    let recorded = std::fs::read_to_string(&recording).expect("a recording");
    assert!(recorded.contains("logins.outcomes.logged_in"), "{recorded}");
    for (what, text) in [
        ("the recording", recorded),
        ("its output", String::from_utf8_lossy(&ended.stdout).into()),
        ("its errors", String::from_utf8_lossy(&ended.stderr).into()),
    ] {
        silent(what, &text, &secrets);
    }
}

/// The database, whatever files it consists of.
fn files_are_silent(directory: &Path, secrets: &[String]) {
    let mut files = 0;
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        if entry.path().is_file() {
            let bytes = std::fs::read(entry.path()).expect("readable");
            let name = entry.file_name().display().to_string();
            silent(&name, &String::from_utf8_lossy(&bytes), secrets);
            files += 1;
        }
    }
    assert!(files > 0);
}
