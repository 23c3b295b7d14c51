//! The crates' own benchmarks (`cargo bench`), run and kept word for word.

use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::{Bench, Found};
use crate::context::Context;

pub(crate) const BENCH: Bench = Bench {
    name: "crates",
    what: "What the foundation's crates say about themselves: the output of `cargo bench`.",
    run: |context| Box::pin(async move { run(context) }),
};

/// Those that have benchmarks.
const CRATES: [&str; 3] = ["expvar", "profile", "sync"];

fn run(context: &Context) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for name in CRATES {
        if !has_benches(name) {
            found.notes.push(format!("{name} has no benchmarks."));
            continue;
        }
        eprintln!("  cargo bench -p {name} --benches");
        if context.quick {
            continue;
        }
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .args(["bench", "--quiet", "-p", name, "--benches"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null());
        let child = context
            .cores
            .spawn_anywhere(command.stdout(Stdio::piped()))
            .context("cargo")?;
        let output = child.wait_with_output()?;
        anyhow::ensure!(
            output.status.success(),
            "cargo bench -p {name} failed; its message is above"
        );
        let text = String::from_utf8_lossy(&output.stdout);
        found
            .notes
            .push(format!("cargo bench -p {name}\n{}", text.trim_end()));
    }
    Ok(found)
}

fn has_benches(name: &str) -> bool {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../foundation/");
    std::fs::read_dir(format!("{folder}{name}/benches"))
        .is_ok_and(|mut files| files.next().is_some())
}
