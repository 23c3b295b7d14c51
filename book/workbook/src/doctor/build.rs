//! What building needs.

use super::machine::{Machine, Output};
use super::{Finding, State};
use crate::workspace::Workspace;
use serde::Deserialize;
use std::io;
use std::path::Path;

const RUST: &str = "install Rust from https://rustup.rs, then run this again";

#[derive(Deserialize)]
struct File {
    toolchain: Wanted,
}

#[derive(Deserialize)]
struct Wanted {
    channel: String,
    #[serde(default)]
    components: Vec<String>,
}

/// The compiler against `rust-toolchain.toml`, and the components that it names.
pub(super) fn toolchain(machine: &dyn Machine, workspace: &Workspace) -> Vec<Finding> {
    let file = workspace.root().join("rust-toolchain.toml");
    let wanted = machine
        .read(&file.to_string_lossy())
        .map_err(|error| error.to_string())
        .and_then(|text| toml::from_str::<File>(&text).map_err(|error| error.to_string()));
    let Wanted {
        channel,
        components,
    } = match wanted {
        Ok(file) => file.toolchain,
        Err(why) => {
            let found = format!("rust-toolchain.toml cannot be read: {why}");
            let todo = "take the file from a fresh copy of the repository";
            return vec![Finding::problem("rust", found, todo)];
        }
    };
    let asked = machine.run(workspace.root(), "rustc", &["--version"]);
    let mut findings = vec![compared(&channel, asked)];
    for component in components {
        let (program, arguments): (&str, &[&str]) = match component.as_str() {
            "clippy" => ("cargo", &["clippy", "--version"]),
            "rustfmt" => ("cargo", &["fmt", "--version"]),
            _ => continue,
        };
        let todo = format!("rustup component add {component}");
        let without = format!("{component} is not there; exercises and labs work without it");
        findings.push(
            match version(machine.run(workspace.root(), program, arguments)) {
                Ok(version) => Finding::ok(&component, version),
                Err(_) => Finding::warning(&component, without, todo),
            },
        );
    }
    findings
}

fn compared(wanted: &str, asked: io::Result<Output>) -> Finding {
    let found = match version(asked) {
        Ok(found) => found,
        Err(why) => {
            let todo = format!("{RUST}; the course is made with {wanted}");
            return Finding::problem("rust", why, todo);
        }
    };
    let number = found.split_whitespace().nth(1).unwrap_or_default();
    match (numbers(number), numbers(wanted)) {
        (Some(here), Some(there)) if here == there => Finding::ok("rust", found),
        (Some(here), Some(there)) if here > there => {
            let found = format!("{found}; the course is made with {wanted}");
            Finding::warning("rust", found, format!("rustup toolchain install {wanted}"))
        }
        _ => {
            let found = format!("{found}; the course needs {wanted}");
            Finding::problem("rust", found, format!("rustup toolchain install {wanted}"))
        }
    }
}

fn numbers(version: &str) -> Option<Vec<u32>> {
    let plain = version.split('-').next()?;
    let numbers = plain.split('.').map(|part| part.parse().ok());
    numbers.collect()
}

/// The first line of what a program prints, or why there is none.
fn version(asked: io::Result<Output>) -> Result<String, String> {
    let output = asked.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is none".to_owned(),
        _ => error.to_string(),
    })?;
    if !output.success {
        return Err(first_line(&output.stderr));
    }
    Ok(first_line(&output.stdout))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// Builds and runs a program: `rustc` needs a linker, which comes with the C compiler. It is run in the workspace, whose
/// toolchain is meant.
pub(super) fn linker(machine: &dyn Machine, workspace: &Workspace) -> Finding {
    let said = "a program of three lines was built and ran";
    tried(machine, "linker", said, &|folder| {
        let (source, program) = (folder.join("hello.rs"), folder.join("hello"));
        std::fs::write(&source, "fn main() {\n    println!(\"hello\");\n}\n")?;
        let (source, program) = (source.to_string_lossy(), program.to_string_lossy());
        let built = machine.run(workspace.root(), "rustc", &["-o", &program, &source])?;
        if !built.success {
            return Ok(built);
        }
        machine.run(folder, &program, &[])
    })
}

/// Compiles a line of C: SQLite, jemalloc and ring are built from source.
pub(super) fn compiler(machine: &dyn Machine) -> Finding {
    let compiler = machine.variable("CC").unwrap_or_else(|| "cc".to_owned());
    let said = format!("{compiler} compiles");
    tried(machine, "C compiler", &said, &|folder| {
        std::fs::write(
            folder.join("a.c"),
            "#include <stdlib.h>\nint a(void) { return 0; }\n",
        )?;
        machine.run(folder, &compiler, &["-c", "a.c", "-o", "a.o"])
    })
}

fn tried(
    machine: &dyn Machine,
    name: &str,
    said: &str,
    what: &dyn Fn(&Path) -> io::Result<Output>,
) -> Finding {
    let done = machine
        .scratch()
        .and_then(|folder| what((*folder).as_ref()));
    let todo = "install a C compiler: build-essential (Debian, Ubuntu), gcc (Fedora), xcode-select --install (macOS)";
    match done {
        Ok(output) if output.success => Finding::ok(name, said),
        Ok(output) => {
            let lines = output.stderr.lines().filter(|line| !line.trim().is_empty());
            let last: Vec<&str> = lines.take(2).collect();
            Finding::problem(name, format!("it fails: {}", last.join(" ")), todo)
        }
        Err(error) => Finding::problem(name, format!("it cannot be run: {error}"), todo),
    }
}

/// jemalloc's build runs it.
pub(super) fn make(machine: &dyn Machine) -> Finding {
    let todo = "install make: build-essential (Debian, Ubuntu), make (Fedora), xcode-select --install (macOS)";
    match version(machine.run(Path::new("/"), "make", &["--version"])) {
        Ok(version) => Finding::ok("make", version),
        Err(why) => Finding::problem("make", why, todo),
    }
}

/// Only `workbook bundle` and getting updates need it.
pub(super) fn git(machine: &dyn Machine) -> Finding {
    match version(machine.run(Path::new("/"), "git", &["--version"])) {
        Ok(version) => Finding::ok("git", version),
        Err(why) => {
            let todo = "install git, if you want to update the course or to bundle it";
            Finding::warning("git", why, todo)
        }
    }
}

/// Whether all that is depended on lies on this machine, for the workspace and for the exercises.
pub(super) fn dependencies(machine: &dyn Machine, workspace: &Workspace) -> Vec<Finding> {
    let places = [
        ("dependencies", workspace.root().join("Cargo.toml")),
        (
            "exercises' dependencies",
            workspace.gym().join("Cargo.toml"),
        ),
    ];
    let look = |(name, manifest): (&str, std::path::PathBuf)| {
        let manifest = manifest.to_string_lossy();
        let arguments = [
            "metadata",
            "--offline",
            "--locked",
            "--format-version=1",
            "--manifest-path",
            &manifest,
        ];
        let output = machine.run(workspace.root(), "cargo", &arguments);
        let todo = format!(
            "while there is a network: cargo fetch --locked --manifest-path {manifest}; for a room without one: cargo workbook bundle"
        );
        match output {
            Ok(output) if output.success => Finding::ok(name, "all here; no network is needed"),
            Ok(output) => {
                let why = output.stderr.lines().find(|line| line.starts_with("error"));
                let found = format!("not all here: {}", why.unwrap_or("cargo does not say what"));
                Finding::warning(name, found, todo)
            }
            Err(error) => Finding {
                state: State::Problem,
                ..Finding::warning(name, format!("cargo cannot be run: {error}"), RUST)
            },
        }
    };
    places.into_iter().map(look).collect()
}
