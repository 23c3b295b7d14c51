//! Whether what a command names is there.

use crate::rules::{How, Rule};
use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use workbook::printed;
use workbook::workspace::Workspace;

/// The packages, programs and targets there are.
pub(crate) struct Known {
    root: PathBuf,
    metadata: Metadata,
    targets: BTreeSet<String>,
}

impl Known {
    pub(crate) fn of(workspace: &Workspace) -> Known {
        let metadata = MetadataCommand::new()
            .current_dir(workspace.root())
            .no_deps()
            .exec();
        let read = |name: &str| {
            let text = std::fs::read_to_string(workspace.root().join(name));
            text.unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let mut makefile = read("Makefile");
        let included = makefile
            .lines()
            .filter_map(|line| line.strip_prefix("include "));
        let included: String = included.map(read).collect();
        makefile.push_str(&included);
        let target = |line: &str| {
            let (name, _) = line.split_once(':')?;
            let is_name =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            is_name.then(|| name.to_owned())
        };
        Known {
            root: workspace.root().to_path_buf(),
            metadata: metadata.expect("the crate graph"),
            targets: makefile.lines().filter_map(target).collect(),
        }
    }

    /// Whether each program that `text` starts is known, and what is named to it is there.
    pub(crate) fn check(&self, text: &str, rule: Option<&Rule>) -> Result<(), String> {
        let how = rule.map_or(How::Ends, |rule| rule.how);
        for command in printed::commands(text)? {
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["cargo", arguments @ ..] | ["taskset", "-c", _, "cargo", arguments @ ..] => {
                    self.cargo(arguments, how)?;
                }
                ["make", arguments @ ..] => self.make(arguments)?,
                ["cd" | "curl" | "git" | "go" | "rustc", ..] => {}
                [name, ..] if how == How::Checked || self.program(name) => {}
                _ => {
                    return Err(
                        "it is not known how to run this: book/commands.toml says so".to_owned(),
                    );
                }
            }
        }
        Ok(())
    }

    /// Whether a package has a program of this name.
    fn program(&self, name: &str) -> bool {
        self.metadata
            .packages
            .iter()
            .any(|package| has(package, &TargetKind::Bin, name))
    }

    fn make(&self, arguments: &[&str]) -> Result<(), String> {
        let names = arguments.iter().filter(|argument| !argument.contains('='));
        let mut names = names.peekable();
        if names.peek().is_none() {
            return Err("make without a target".to_owned());
        }
        match names.find(|name| !self.targets.contains(**name)) {
            Some(name) => Err(format!("the Makefile has no target {name}")),
            None => Ok(()),
        }
    }

    fn cargo(&self, arguments: &[&str], how: How) -> Result<(), String> {
        let own = arguments
            .split(|word| *word == "--")
            .next()
            .unwrap_or_default();
        let value = |names: &[&str]| {
            let at = own.iter().position(|word| names.contains(word))?;
            own.get(at + 1).copied()
        };
        let package = match value(&["-p", "--package"]) {
            Some(name) => Some(self.package(name)?),
            None => None,
        };
        for (flag, kind) in [
            ("--bin", TargetKind::Bin),
            ("--example", TargetKind::Example),
            ("--test", TargetKind::Test),
            ("--bench", TargetKind::Bench),
        ] {
            if let Some(name) = value(&[flag]) {
                let package =
                    package.ok_or_else(|| format!("{flag} {name} of which package? -p"))?;
                if !has(package, &kind, name) {
                    return Err(format!("{} has no {} {name}", package.name, &flag[2..]));
                }
            }
        }
        if let (Some(name), Some(package)) = (value(&["--features"]), package)
            && !package.features.contains_key(name)
        {
            return Err(format!("{} has no feature {name}", package.name));
        }
        match (own.first().copied().unwrap_or_default(), package) {
            ("workbook" | "tree", _) => Ok(()),
            ("run", None) => Err("cargo run of which package? -p".to_owned()),
            ("run", Some(package)) => {
                let named = value(&["--bin", "--example"]).is_some();
                if named || starts_the_program_of_its_name(package) {
                    Ok(())
                } else {
                    Err(format!(
                        "cargo asks which program of {} to run",
                        package.name
                    ))
                }
            }
            ("add", _) => match value(&["--path"]) {
                Some(path)
                    if path.starts_with('<')
                        || self.root.join(path).join("Cargo.toml").is_file() =>
                {
                    Ok(())
                }
                _ => Err("--path leads to no crate".to_owned()),
            },
            ("install", _) => match value(&["--path"]) {
                Some(path) if self.root.join(path).join("Cargo.toml").is_file() => Ok(()),
                _ => Err("--path leads to no crate".to_owned()),
            },
            ("build" | "test" | "bench", _) if how == How::Checked => Ok(()),
            (other, _) => Err(format!(
                "it is not known how to run cargo {other}: book/commands.toml says so"
            )),
        }
    }

    fn package(&self, name: &str) -> Result<&Package, String> {
        let found = self
            .metadata
            .packages
            .iter()
            .find(|package| *package.name == *name);
        found.ok_or_else(|| format!("the workspace has no package {name}"))
    }
}

fn has(package: &Package, kind: &TargetKind, name: &str) -> bool {
    let mut targets = package.targets.iter();
    targets.any(|target| target.kind.contains(kind) && target.name == name)
}

/// Whether `cargo run -p` of it starts the program that has its name.
fn starts_the_program_of_its_name(package: &Package) -> bool {
    let programs = package
        .targets
        .iter()
        .filter(|target| target.kind.contains(&TargetKind::Bin));
    let alone = programs.count() == 1 && has(package, &TargetKind::Bin, &package.name);
    alone || package.default_run.as_deref() == Some(&package.name)
}

/// Whether a program of this name lies in one of the folders of `path`, which are separated as in the variable `PATH`.
pub(crate) fn installed(name: &str, path: &str) -> bool {
    path.split(':')
        .any(|folder| Path::new(folder).join(name).is_file())
}
