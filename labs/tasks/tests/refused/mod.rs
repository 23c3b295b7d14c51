//! What the compiler refuses, as the page shows it.

use std::path::Path;
use std::process::Command;

/// What `rustc` says of a program in this folder.
fn said(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc)
        .args(["--edition", "2024", "--emit", "metadata", "-o"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
        .arg(folder.join(name))
        .output()
        .expect("there is a compiler");
    assert!(!output.status.success(), "{name} compiles");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn what_a_task_keeps_across_an_await_is_send() {
    let said = said("rc.rs");
    for line in [
        "error: future cannot be sent between threads safely",
        "future is not `Send` as this value is used across an await",
        "has type `Rc<&str>` which is not `Send`",
        "await occurs here, with `label` maybe used later",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn what_a_task_uses_is_its_own() {
    let said = said("borrow.rs");
    let line =
        "error[E0373]: async block may outlive the current function, but it borrows `orders`";
    assert!(said.contains(line), "{said}");
}
