//! The program, on logs of all kinds.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const LOG: &str = concat!(
    r#"{"timestamp":"2026-01-31T12:00:00.000001Z","level":"INFO","message":"starting","target":"sales_api"}"#,
    "\n",
    "thread 'x' panicked at src/x.rs\n",
    r#"{"timestamp":"2026-01-31T12:00:01.500000Z","level":"WARN","message":"slow","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","code":"late"}"#,
    "\n",
    r#"{"timestamp":"2026-01-31T12:00:02.000000Z","level":"ERROR","message":"broke","trace_id":"4bf92f3577b34da6a3ce929d0e0e4737","code":null}"#,
    "\n",
);

fn run(flags: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_logfmt"))
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // It may end before it has read all of it.
        let _gone = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("ends");
    writer.join().expect("no panics");
    output
}

fn lines(flags: &[&str]) -> Vec<String> {
    let output = run(flags, LOG.as_bytes());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn logs_are_made_readable_and_the_rest_is_passed_on() {
    let expected = [
        "12:00:00.000 INFO  starting  [sales_api]",
        "thread 'x' panicked at src/x.rs",
        "12:00:01.500 WARN  slow  code=late  trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
        "12:00:02.000 ERROR broke  trace_id=4bf92f3577b34da6a3ce929d0e0e4737",
    ];
    assert_eq!(lines(&[]), expected);
    assert!(lines(&["--color", "always"])[0].contains("\x1b[32mINFO "));
}

#[test]
fn lines_are_picked_by_level_trace_and_field() {
    for (flags, expected) in [
        (&["--level", "warn"][..], vec!["slow", "broke"]),
        (&["-l", "error"], vec!["broke"]),
        (
            &["--trace", "4BF92F3577b34da6a3ce929d0e0e4736"],
            vec!["slow"],
        ),
        (&["--trace", "4bf9"], vec!["slow", "broke"]),
        (&["--field", "code"], vec!["slow"]),
        (
            &["--field", "code=late", "--field", "message=slow"],
            vec!["slow"],
        ),
        (&["--field", "code=other"], vec![]),
    ] {
        let flags: Vec<_> = flags.iter().copied().chain(["--json-only"]).collect();
        let found = lines(&flags);
        assert_eq!(found.len(), expected.len(), "{flags:?}: {found:?}");
        assert!(
            found
                .iter()
                .zip(&expected)
                .all(|(line, word)| line.contains(word)),
            "{flags:?}: {found:?}"
        );
    }
    let raw = lines(&["--raw", "--level", "error", "--json-only"]);
    assert_eq!(raw, [LOG.lines().last().expect("a line")]);
}

#[test]
fn files_are_read_and_missing_ones_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("log.json");
    std::fs::write(&path, LOG).expect("writes");
    let path = path.display().to_string();
    let output = run(
        &["--level", "error", &path, "-"],
        b"{\"level\":\"error\",\"msg\":\"and here\"}",
    );
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.contains("broke") && text.contains("and here"),
        "{text}"
    );
    let output = run(&["/nowhere/log"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("logfmt: /nowhere/log: "));
    for flags in [&["--level", "loud"][..], &["--trace", "xyz"]] {
        let output = run(flags, b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(flags[1]));
    }
}

#[test]
fn whatever_comes_is_passed_on_whole() {
    let mut input = vec![b'{'; 3 << 20];
    input.extend_from_slice(b"\n\xff\xfe\0\n{\"msg\":\"fine\"}\nno end");
    let output = run(&[], &input);
    let mut expected = input.clone();
    let at = expected.len() - b"{\"msg\":\"fine\"}\nno end".len();
    expected.truncate(at);
    expected.extend_from_slice(b"fine\nno end");
    assert!(
        output.stdout == expected,
        "{} of {} bytes",
        output.stdout.len(),
        expected.len()
    );
}
