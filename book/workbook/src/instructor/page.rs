//! Schedules, minutes and notes as pages of the book that is built for an instructor.

use super::plan::{Day, What};
use super::{Clock, Schedule};
use crate::book::panel::escape;
use crate::book::{Made, Page};
use std::fmt::Write as _;
use std::path::Path;

/// All of them.
pub(super) fn all(schedules: &[Schedule], pages: &[Page]) -> Vec<Made> {
    let made = |title: &str, file: &str, text: String| Made {
        title: title.to_owned(),
        path: format!("instructor/{file}.md").into(),
        text: format!("# {title}\n\n{text}"),
    };
    vec![
        made("Schedules", "schedules", timetables(schedules)),
        made("Minutes", "minutes", minutes(pages)),
        made("Speaker notes", "notes", notes(pages)),
    ]
}

fn timetables(schedules: &[Schedule]) -> String {
    let mut text = "Computed from the minutes of the chapters; which chapters, and when a day begins and ends, stands in \
                    `book/workshop.toml`. A page prints as it is.\n"
        .to_owned();
    for Schedule { workshop, days } in schedules {
        let _ = write!(text, "\n## {}\n", escape(&workshop.title));
        for (index, day) in days.iter().enumerate() {
            if days.len() > 1 {
                let _ = write!(text, "\n### Day {}\n", index + 1);
            }
            text += &timetable(day);
        }
    }
    text
}

fn timetable(day: &Day) -> String {
    let mut text = "\n| from | to | min | what |\n|---|---|--:|---|\n".to_owned();
    for slot in &day.slots {
        let what = match &slot.what {
            What::Chapter { title, path, part } => format!("{}: {part}", link(title, path)),
            What::Break => "*break*".to_owned(),
            What::Lunch => "*lunch*".to_owned(),
            What::Open => "*open: questions, and what took longer*".to_owned(),
        };
        let end = Clock(slot.start.0 + slot.minutes);
        let _ = writeln!(
            text,
            "| {} | {end} | {} | {what} |",
            slot.start, slot.minutes
        );
    }
    text
}

fn minutes(pages: &[Page]) -> String {
    let mut text = "| chapter | told | lab | exercises | all |\n|---|--:|--:|--:|--:|\n".to_owned();
    let mut sum = [0; 4];
    for page in pages {
        let minutes = &page.minutes;
        let row = [
            minutes.reading,
            minutes.lab,
            minutes.practice(),
            minutes.total(),
        ];
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
        let link = link(&page.title, &page.path);
        let [told, lab, practice, all] = row;
        let _ = writeln!(text, "| {link} | {told} | {lab} | {practice} | {all} |");
    }
    let [told, lab, practice, all] = sum;
    let _ = writeln!(
        text,
        "| **all** | **{told}** | **{lab}** | **{practice}** | **{all}** |"
    );
    text
}

fn notes(pages: &[Page]) -> String {
    let mut text = "They stand on the chapters' pages as well, where they are said.\n".to_owned();
    for page in pages.iter().filter(|page| !page.notes.is_empty()) {
        let all = page.minutes.total();
        let _ = write!(
            text,
            "\n## {}\n\n{all} minutes. [The chapter]({})\n",
            escape(&page.title),
            address(&page.path)
        );
        for note in &page.notes {
            let _ = write!(text, "\n{}\n", note.text.trim());
        }
    }
    text
}

fn link(title: &str, path: &Path) -> String {
    // In a table, a bar would begin the next cell.
    let title = escape(title).replace('|', "&#124;");
    format!("[{title}]({})", address(path))
}

fn address(path: &Path) -> String {
    format!("../{}", path.to_string_lossy().replace('\\', "/"))
}
