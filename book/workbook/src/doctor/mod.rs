//! Whether a machine is ready for the course: what is there, what it means, and what to do.
//!
//! Each check looks at the machine through [`Machine`], so that each way in which a machine can fail is a test.
//!
//! Layout:
//! - [`machine`]: what can be asked of a machine, and the real one
//! - `build`: toolchain, compiler, linker, make, git, dependencies
//! - `ports`: which are free, and who holds the others
//! - `resources`: disk, memory, cores, cgroups
//! - `screen`: the terminal, and the browser
//! - [`command`]: the command line

mod build;
pub mod command;
pub mod machine;
mod ports;
mod resources;
mod screen;

use crate::workspace::Workspace;
use machine::Machine;
use serde::Serialize;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// The course works; something in it does not, or not well.
    Warning,
    /// The course does not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found, and what it means.
    pub found: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    fn ok(name: &str, found: impl Into<String>) -> Finding {
        Finding {
            name: name.to_owned(),
            state: State::Ok,
            found: found.into(),
            todo: None,
        }
    }

    fn warning(name: &str, found: impl Into<String>, todo: impl Into<String>) -> Finding {
        Finding {
            state: State::Warning,
            todo: Some(todo.into()),
            ..Finding::ok(name, found)
        }
    }

    fn problem(name: &str, found: impl Into<String>, todo: impl Into<String>) -> Finding {
        Finding {
            state: State::Problem,
            ..Finding::warning(name, found, todo)
        }
    }
}

/// Looks at everything.
pub fn examine(machine: &dyn Machine, workspace: &Workspace) -> Vec<Finding> {
    let mut findings = build::toolchain(machine, workspace);
    findings.push(build::linker(machine, workspace));
    findings.push(build::compiler(machine));
    findings.push(build::make(machine));
    findings.push(build::git(machine));
    findings.extend(build::dependencies(machine, workspace));
    findings.push(resources::disk(machine, workspace));
    findings.push(resources::memory(machine));
    findings.push(resources::cores(machine));
    findings.push(resources::cgroup(machine));
    findings.push(resources::profiler(machine));
    findings.extend(ports::all(machine));
    findings.push(screen::terminal(machine));
    findings.push(screen::browser(machine));
    findings
}
