//! The supplier as a program.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::interrupt;

fn start(flags: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sales-load"));
    let command = command.arg("supply").args(flags);
    let command = command.stdin(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("starts")
}

/// The status and the body of an answer.
fn ask(url: &str, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
    let addr = url.strip_prefix("http://").expect("an address");
    let mut stream = std::net::TcpStream::connect(addr).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {addr}\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

#[test]
fn it_tells_prices_as_its_script_says_until_it_is_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let (script, token) = (path("script", "ok,error=503*2\n"), path("token", "t0ken\n"));
    let flags = ["--listen", "127.0.0.1:0", "--script-file", &script];
    let mut child = start(&[&flags[..], &["--token-file", &token]].concat());
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("readable");
    let url = line.trim().rsplit(' ').next().expect("an address");
    let price = |token: &str| ask(url, "GET", "/prices/7", token, "");
    assert_eq!(price("other").0, 401);
    let (status, body) = price("t0ken");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let expected = json!({"product": 7, "price": {"amount": 675, "currency": "EUR"}});
    assert_eq!((status, body), (200, expected));
    assert_eq!(price("t0ken").0, 503);
    let (status, body) = ask(url, "GET", "/script", "", "");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let expected = json!({"script": "ok,error=503*2", "left": 1, "requests": 3});
    assert_eq!((status, body), (200, expected));
    let (status, body) = ask(url, "PUT", "/script", "", "ok,fall over");
    assert_eq!(
        (status, &*body),
        (422, "\"fall over\" is no step of a script\n")
    );
    assert_eq!(ask(url, "PUT", "/script", "", "error=418").0, 200);
    assert_eq!((price("t0ken").0, price("t0ken").0), (418, 200));
    assert_eq!(ask(url, "GET", "/prices/1000000", "t0ken", "").0, 404);
    interrupt(&child);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_script_that_makes_no_sense_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let script = directory.path().join("script");
    std::fs::write(&script, "ok*0").expect("written");
    let script = script.display().to_string();
    for (flags, code) in [
        (["--script", "ok*0"], 2),
        (["--script-file", &*script], 1),
        (["--script-file", "/nowhere"], 1),
    ] {
        let ended = start(&flags).wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{said}");
        let names = said.contains("* must come with a number") || said.contains("/nowhere");
        assert!(names, "{said}");
    }
}
