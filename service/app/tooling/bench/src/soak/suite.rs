//! A test program of this workspace, run for longer than a test may take.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::context::Context;
use crate::record::{Limit, Row, Unit};

/// Packages that are built together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Packages {
    /// Those whose tests need a PostgreSQL server; all of them at once, as `make postgres` does, so that nothing is built
    /// twice.
    Postgres,
    /// The console.
    Console,
}

impl Packages {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &[
                "--features",
                "postgres",
                "-p",
                "stores",
                "-p",
                "sales-api",
                "-p",
                "sales-admin",
            ],
            Self::Console => &["-p", "cutaway"],
        }
    }
}

/// A test program.
pub(crate) struct Suite {
    program: PathBuf,
    directory: PathBuf,
}

/// How one of its tests ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What it counted: it says `found: name=number …` on stdout.
    pub(crate) numbers: BTreeMap<String, f64>,
    /// What it said when it failed.
    pub(crate) failure: Option<String>,
}

impl Suite {
    /// Builds it, with the profile of this program.
    pub(crate) fn build(packages: Packages, name: &str) -> anyhow::Result<Suite> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["test", "--no-run", "--test", name]);
        cargo.args(packages.arguments());
        cargo.arg("--message-format=json-render-diagnostics");
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        // What cargo told this program of its own package: some build scripts would run again for it.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(name);
            }
        }
        let cargo = cargo
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        ensure!(
            cargo.status.success(),
            "the test program {name} cannot be built"
        );
        let messages = String::from_utf8(cargo.stdout)?;
        let suite = messages.lines().find_map(|message| built(message, name));
        suite.with_context(|| format!("cargo built no test program {name}"))
    }

    /// Runs one test, with settings in its environment. The test may use every core.
    pub(crate) fn run(
        &self,
        context: &Context,
        test: &str,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Outcome> {
        let mut command = Command::new(&self.program);
        command
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = context.cores.spawn_anywhere(&mut command)?;
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        let Some(numbers) = said.lines().find_map(numbers) else {
            bail!(
                "{test} found nothing ({}): {said}{complaint}",
                output.status
            );
        };
        Ok(Outcome {
            numbers,
            failure: (!output.status.success()).then(|| complaint.trim().to_owned()),
        })
    }
}

/// A test that goes on for a number of rounds.
pub(crate) struct Rounds {
    pub(crate) test: String,
    /// What the variables of its settings begin with: `CRASH` for `CRASH_SECONDS`.
    pub(crate) prefix: &'static str,
    /// What its rounds are called there: `ROUNDS`.
    pub(crate) word: &'static str,
    /// So many in full.
    pub(crate) full: f64,
}

impl Rounds {
    /// All of them, or those for which there is time.
    pub(crate) fn run(&self, suite: &Suite, context: &Context) -> anyhow::Result<Outcome> {
        let (rounds, seconds) = (self.setting(self.word), self.setting("SECONDS"));
        let mut settings = vec![(&*rounds, self.full.to_string())];
        if let Some(time) = context.seconds {
            settings.push((&*seconds, time.ceil().to_string()));
        }
        suite.run(context, &self.test, &settings)
    }

    /// How many there must have been.
    pub(crate) fn least(&self, context: &Context) -> Limit {
        Limit::AtLeast(context.seconds.map_or(self.full, |_| 1.0))
    }

    fn setting(&self, word: &str) -> String {
        format!("{}_{word}", self.prefix)
    }
}

impl Outcome {
    pub(crate) fn number(&self, name: &str) -> f64 {
        self.numbers.get(name).copied().unwrap_or(f64::NAN)
    }

    /// A row of what it counted.
    pub(crate) fn counted(&self, what: &str, name: &str, limit: Option<Limit>) -> Row {
        Row::counted(what, Unit::Count, self.number(name), limit)
    }

    /// What is said of its fault.
    pub(crate) fn fault(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        Some(format!("The fault\n{failure}"))
    }

    /// What is said of the test, and of its fault.
    pub(crate) fn notes(&self, note: &str) -> Vec<String> {
        std::iter::once(note.to_owned())
            .chain(self.fault())
            .collect()
    }
}

/// The program in one of cargo's messages.
fn built(message: &str, name: &str) -> Option<Suite> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message["target"]["name"] == name && message["target"]["kind"][0] == "test";
    let manifest = PathBuf::from(message["manifest_path"].as_str()?);
    Some(Suite {
        program: message["executable"].as_str().filter(|_| is_it)?.into(),
        directory: manifest.parent()?.to_owned(),
    })
}

/// The numbers in one of its lines; the test's name may stand before them.
fn numbers(line: &str) -> Option<BTreeMap<String, f64>> {
    let (_, numbers) = line.split_once("found: ")?;
    let number = |word: &str| {
        let (name, number) = word.split_once('=')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    numbers.split_whitespace().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_says_what_it_found() {
        let found = numbers("test a_test ... found: rounds=20 faults=0").expect("numbers");
        assert_eq!(
            found,
            BTreeMap::from([("rounds".into(), 20.0), ("faults".into(), 0.0)])
        );
        assert_eq!(numbers("running 1 test"), None);
        assert_eq!(numbers("found: rounds=many"), None);
    }

    #[test]
    fn cargo_says_what_it_built() {
        let message = |kind: &str| {
            serde_json::json!({"reason": "compiler-artifact", "manifest_path": "/w/stores/Cargo.toml",
                "target": {"name": "crash", "kind": [kind]}, "executable": "/t/crash-1"})
            .to_string()
        };
        let suite = built(&message("test"), "crash").expect("a program");
        assert_eq!(suite.program, PathBuf::from("/t/crash-1"));
        assert_eq!(suite.directory, PathBuf::from("/w/stores"));
        assert!(built(&message("test"), "all").is_none());
        assert!(built(&message("lib"), "crash").is_none());
        assert!(built("{}", "crash").is_none());
    }
}
