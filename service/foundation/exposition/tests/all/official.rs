//! Prometheus' own client library for Python, for the tests of every crate that writes its formats.

use std::io::Write as _;
use std::process::{Command, Stdio};

const READER: &str = include_str!("../data/read.py");

/// What the library finds in a text of this content type: see `read.py`. `None`, said aloud, where it is not installed.
///
/// # Panics
/// If the library refuses the text.
pub(crate) fn read(text: &[u8], content_type: &str) -> Option<String> {
    let has_library = |python: &&&str| {
        let tried = Command::new(python)
            .args(["-c", "import prometheus_client"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    // The system's own has the system's packages, whichever comes first in the path.
    let Some(python) = ["python3", "/usr/bin/python3"].iter().find(has_library) else {
        eprintln!("SKIPPED: there is no Python with `prometheus_client` here to read the metrics");
        return None;
    };
    let mut child = Command::new(python)
        .args(["-c", READER, content_type])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it has just run");
    let mut input = child.stdin.take().expect("it was piped");
    input.write_all(text).expect("it reads all of it");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(text)
    );
    Some(String::from_utf8(output.stdout).expect("it was told to write UTF-8"))
}
