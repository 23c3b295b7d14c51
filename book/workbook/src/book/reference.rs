//! What labs and exercises say of themselves, as tables.

use super::figure;
use super::panel::escape;
use super::summary::Summary;
use crate::exercises::Catalogue;
use crate::workspace::Workspace;
use lab_format::LabInfo;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The tables that `what` asks for, on the page `file`.
pub(super) fn tables(workspace: &Workspace, file: &Path, what: &str) -> Result<String, String> {
    let places = Places::read(workspace, file).map_err(|error| error.to_string())?;
    match what {
        "labs" => labs(workspace, &places),
        "exercises" => exercises(workspace, &places),
        _ => Err(format!(
            "there is no reference of {what:?}: there are labs and exercises"
        )),
    }
}

fn labs(workspace: &Workspace, places: &Places) -> Result<String, String> {
    let mut text = String::new();
    for lab in workspace.labs() {
        let info = figure::knobs(workspace, &lab)?;
        let _ = write!(
            text,
            "### {}\n\n{}\n\n```text\ncargo run -p {lab} -- --help\n```\n\n",
            places.link(
                &info.title,
                &format!("{{{{#lab {lab}"),
                &format!("#lab-{lab}")
            ),
            escape(&info.about),
        );
        knobs(&mut text, &info);
        runs(&mut text, workspace, &info)?;
    }
    Ok(text)
}

fn knobs(text: &mut String, info: &LabInfo) {
    text.push_str(
        "| knob | from | to | step | default | unit | |\n|---|--:|--:|--:|--:|---|---|\n",
    );
    for knob in &info.knobs {
        let _ = writeln!(
            text,
            "| `--{}` | {} | {} | {} | {} | {} | {} |",
            knob.name,
            knob.min,
            knob.max,
            knob.step,
            knob.default,
            cell(&knob.unit),
            cell(&knob.help)
        );
    }
    text.push('\n');
}

fn runs(text: &mut String, workspace: &Workspace, info: &LabInfo) -> Result<(), String> {
    let names = figure::names(workspace, &info.name);
    if names.is_empty() {
        return Ok(());
    }
    text.push_str("| run kept | knobs | machine | day |\n|---|---|---|---|\n");
    for name in names {
        let run = figure::figure(workspace, &info.name, &name)?.run;
        let knobs: Vec<String> = run
            .knobs
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let _ = writeln!(
            text,
            "| `{name}` | {} | {} | {} |",
            cell(&knobs.join(", ")),
            cell(&run.machine.summary()),
            figure::day(&run)
        );
    }
    text.push('\n');
    Ok(())
}

fn exercises(workspace: &Workspace, places: &Places) -> Result<String, String> {
    let catalogue = Catalogue::read(workspace).map_err(|error| error.to_string())?;
    let mut text = String::from("| exercise | | minutes | |\n|---|---|--:|---|\n");
    for exercise in &catalogue.exercises {
        let about = &exercise.about;
        let directive = format!("{{{{#exercise {}}}}}", exercise.name);
        let anchor = format!("#exercise-{}", exercise.program());
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            exercise.name,
            places.link(&cell(&about.title), &directive, &anchor),
            about.minutes,
            about.difficulty.name()
        );
    }
    Ok(text)
}

/// Text for one cell of a table.
fn cell(text: &str) -> String {
    escape(text).replace('|', "\\|")
}

/// The chapters' texts, to find what stands where.
struct Places {
    /// From the page that links to a chapter up to `src/`.
    up: String,
    chapters: Vec<(PathBuf, String)>,
}

impl Places {
    fn read(workspace: &Workspace, file: &Path) -> std::io::Result<Places> {
        let root = workspace.chapters();
        let page = file.strip_prefix(&root).unwrap_or(file);
        let summary = Summary::read(workspace)?;
        let text = |path: &Path| std::fs::read_to_string(root.join(path)).unwrap_or_default();
        Ok(Places {
            up: "../".repeat(page.components().count().saturating_sub(1)),
            chapters: summary
                .written()
                .map(|(_, path)| (path.to_path_buf(), text(path)))
                .collect(),
        })
    }

    /// A link to where `directive` stands; only the words if it stands nowhere, which the build says.
    fn link(&self, words: &str, directive: &str, anchor: &str) -> String {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
        let stands = |text: &str| {
            text.match_indices(directive)
                .any(|(at, _)| ends(&text[at + directive.len()..]))
        };
        match self.chapters.iter().find(|(_, text)| stands(text)) {
            Some((path, _)) => format!("[{words}]({}{}{anchor})", self.up, path.display()),
            None => words.to_owned(),
        }
    }
}
