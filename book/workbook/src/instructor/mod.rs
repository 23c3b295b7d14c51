//! What an instructor needs besides the chapters: what is said, how long it takes, and when.
//!
//! Chapters say how long they take ([`Minutes`](crate::book::Minutes)) and carry notes; `book/workshop.toml` says
//! which of them make half a day, a day or two days. From both come the schedules, in a terminal and as pages of the
//! book that is built for an instructor.
//!
//! Layout:
//! - `workshop`: the file
//! - `plan`: chapters into days, with breaks and lunch
//! - `page`: schedules, minutes and notes as pages
//! - `show`: a schedule in a terminal

mod page;
mod plan;
mod show;
mod workshop;

pub use plan::{Day, Slot, What};
pub use workshop::{Clock, Workshop};

use crate::book::{self, BuildError, Made, Page, Problem};
use crate::nearest;
use crate::workspace::Workspace;
use anyhow::{Result, bail};

/// A workshop with its days.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Which.
    pub workshop: Workshop,
    /// What happens when.
    pub days: Vec<Day>,
}

/// The schedules of all workshops, or what is wrong with the file. Without the file, there are none.
pub fn plan_all(workspace: &Workspace, pages: &[Page]) -> Result<Vec<Schedule>, Vec<Problem>> {
    let file = workspace.book().join("workshop.toml");
    let problem = |(line, message): (usize, String)| Problem {
        file: workspace.relative(&file).to_path_buf(),
        line,
        message,
    };
    let text = match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(|error| vec![problem((1, error.to_string()))])?,
    };
    let workshops = workshop::parse(&text).map_err(|wrong| vec![problem(wrong)])?;
    let mut schedules = Vec::new();
    let mut problems = Vec::new();
    for workshop in workshops {
        match plan::plan(&workshop, pages) {
            Ok(days) => schedules.push(Schedule { workshop, days }),
            Err(wrong) => problems.extend(wrong.into_iter().map(problem)),
        }
    }
    if problems.is_empty() {
        Ok(schedules)
    } else {
        Err(problems)
    }
}

/// What `workbook schedule` prints: all workshops, or the one that is named.
pub fn command(workspace: &Workspace, name: Option<&str>, json: bool) -> Result<String> {
    let pages = book::pages(workspace)?;
    let schedules = plan_all(workspace, &pages).map_err(BuildError::Problems)?;
    let names = || schedules.iter().map(|one| one.workshop.name.as_str());
    let meant = |one: &&Schedule| name.is_none_or(|name| one.workshop.name == name);
    let chosen: Vec<Schedule> = schedules.iter().filter(meant).cloned().collect();
    if let Some(name) = name
        && chosen.is_empty()
    {
        let known: Vec<&str> = names().collect();
        let hint = nearest::hint(name, names());
        bail!(
            "there is no workshop {name:?}{hint}; book/workshop.toml has: {}",
            known.join(", ")
        );
    }
    if !json {
        return Ok(show::schedules(&chosen));
    }
    let one = |one: &Schedule| {
        let Workshop { name, title, .. } = &one.workshop;
        serde_json::json!({ "name": name, "title": title, "days": one.days })
    };
    let document: Vec<serde_json::Value> = chosen.iter().map(one).collect();
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The pages that a book for an instructor has besides, and what is wrong with the schedules.
pub(crate) fn pages(workspace: &Workspace, pages: &[Page]) -> (Vec<Made>, Vec<Problem>) {
    match plan_all(workspace, pages) {
        Ok(schedules) => (page::all(&schedules, pages), Vec::new()),
        Err(problems) => (Vec::new(), problems),
    }
}
