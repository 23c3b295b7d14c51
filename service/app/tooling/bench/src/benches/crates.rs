//! The crates' own benchmarks (`cargo bench`), run and kept word for word.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::{Bench, Found};
use crate::context::Context;

pub(crate) const BENCH: Bench = Bench {
    name: "crates",
    what: "What the foundation's crates say about themselves: the output of `cargo bench`.",
    run: |context| Box::pin(async move { run(context) }),
};

/// The crates that are the foundation's.
const FOUNDATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../foundation");

fn run(context: &Context) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for name in with_benches()? {
        eprintln!("  cargo bench -p {name} --benches");
        if context.quick {
            continue;
        }
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .args(["bench", "--quiet", "-p", &name, "--bench", "*"])
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

/// Those that have benchmarks, by name.
fn with_benches() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(FOUNDATION).context(FOUNDATION)? {
        let entry = entry?;
        if entry.path().join("benches").is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}
