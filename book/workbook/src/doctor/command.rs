//! `workbook doctor`.

use super::machine::Machine;
use super::{Finding, State, examine};
use crate::workspace::Workspace;
use std::fmt::Write as _;

/// What it prints, and whether the machine is ready.
pub fn doctor(machine: &dyn Machine, workspace: &Workspace, json: bool) -> (String, bool) {
    let findings = examine(machine, workspace);
    let ready = findings.iter().all(|one| one.state != State::Problem);
    let text = if json {
        let document = serde_json::json!({ "ready": ready, "findings": findings });
        format!("{document:#}\n")
    } else {
        table(&findings, ready)
    };
    (text, ready)
}

fn table(findings: &[Finding], ready: bool) -> String {
    let mut text = String::new();
    for finding in findings {
        let state = match finding.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Problem => "problem",
        };
        let _ = writeln!(text, "{state:<8} {:<24} {}", finding.name, finding.found);
        if let Some(todo) = &finding.todo {
            let _ = writeln!(text, "{:<33} → {todo}", "");
        }
    }
    let count = |state| findings.iter().filter(|one| one.state == state).count();
    let _ = writeln!(
        text,
        "\n{}: problems {}, warnings {}",
        if ready {
            "This machine is ready"
        } else {
            "This machine is not ready"
        },
        count(State::Problem),
        count(State::Warning)
    );
    text
}
