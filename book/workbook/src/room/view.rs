//! The board: the room as the instructor looks at it, in JSON, in a terminal and as a page.

use super::Seconds;
use super::desk::Room;
use super::learners::{Learner, Times};
use crate::book::panel::escape;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// After how many seconds without a word somebody is shown as quiet: machines tell more often than that while the
/// book or `watch` runs.
const QUIET: Seconds = 180;

/// The room at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Board {
    /// When.
    pub now: Seconds,
    /// Who is there, in the order in which they came.
    pub learners: Vec<Row>,
    /// How far the room is with each exercise that somebody has begun.
    pub exercises: BTreeMap<String, Count>,
}

/// A learner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What they are called; with a number if somebody else is called so.
    pub name: String,
    /// The exercise that they have begun last and not passed; otherwise none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Since when they are at it, or done with what they have begun.
    pub since: Seconds,
    /// How many exercises they have passed.
    pub passed: usize,
    /// When they were heard last.
    pub heard: Seconds,
    /// Whether that is long ago.
    pub quiet: bool,
}

/// How far the room is with an exercise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many have passed it.
    pub passed: usize,
    /// How many have begun it and not passed it.
    pub at_it: usize,
}

impl Board {
    /// The room at `now`.
    pub fn of(room: &Room, now: Seconds) -> Board {
        let mut exercises: BTreeMap<String, Count> = BTreeMap::new();
        for learner in &room.learners.0 {
            for (name, times) in &learner.exercises {
                let count = exercises.entry(name.clone()).or_default();
                count.passed += usize::from(times.passed.is_some());
                count.at_it += usize::from(times.passed.is_none());
            }
        }
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let rows = room.learners.0.iter().map(|learner| {
            let number = seen.entry(&learner.name).or_default();
            *number += 1;
            row(learner, *number, now)
        });
        Board {
            now,
            learners: rows.collect(),
            exercises,
        }
    }

    /// As a table in a terminal.
    pub fn table(&self) -> String {
        if self.learners.is_empty() {
            return "Nobody has joined yet.\n".to_owned();
        }
        let mut text = format!(
            "{:<24} {:<20} {:>9} {:>7} {:>10}\n",
            "who", "at", "since", "passed", "heard"
        );
        for row in &self.learners {
            let at = row.at.as_deref().unwrap_or("–");
            let _ = writeln!(
                text,
                "{:<24} {at:<20} {:>9} {:>7} {:>10}{}",
                row.name,
                ago(self.now, row.since),
                row.passed,
                ago(self.now, row.heard),
                if row.quiet { "  quiet" } else { "" }
            );
        }
        text.push('\n');
        for (name, count) in &self.exercises {
            let _ = writeln!(
                text,
                "{name:<24} {} passed, {} at it",
                count.passed, count.at_it
            );
        }
        text
    }

    /// As what stands between `<main>` and `</main>` of the page.
    pub(super) fn html(&self) -> String {
        if self.learners.is_empty() {
            return "<p>Nobody has joined yet.</p>\n".to_owned();
        }
        let mut text = format!(
            "<table><caption>{} in the room</caption><thead><tr><th scope=\"col\">Who</th><th scope=\"col\">At</th>\
             <th scope=\"col\">Since</th><th scope=\"col\">Passed</th><th scope=\"col\">Heard</th></tr></thead><tbody>\n",
            self.learners.len()
        );
        for row in &self.learners {
            let at = row.at.as_deref().map_or("–".to_owned(), escape);
            let _ = writeln!(
                text,
                "<tr{}><th scope=\"row\">{}</th><td>{at}</td><td>{}</td><td>{}</td><td>{}{}</td></tr>",
                if row.quiet { " class=\"quiet\"" } else { "" },
                escape(&row.name),
                ago(self.now, row.since),
                row.passed,
                ago(self.now, row.heard),
                if row.quiet { ", quiet" } else { "" }
            );
        }
        text += "</tbody></table>\n<table><caption>Exercises</caption><thead><tr><th scope=\"col\">Exercise</th>\
                 <th scope=\"col\">Passed</th><th scope=\"col\">At it</th></tr></thead><tbody>\n";
        for (name, Count { passed, at_it }) in &self.exercises {
            let name = escape(name);
            let _ = writeln!(
                text,
                "<tr><th scope=\"row\">{name}</th><td>{passed}</td><td>{at_it}</td></tr>"
            );
        }
        text + "</tbody></table>\n"
    }
}

fn row(learner: &Learner, number: usize, now: Seconds) -> Row {
    let times = |pick: fn(&Times) -> Option<Seconds>| learner.exercises.values().filter_map(pick);
    let begun = |(name, times): (&String, &Times)| match (times.started, times.passed) {
        (Some(started), None) => Some((started, name.clone())),
        _ => None,
    };
    let at = learner.exercises.iter().filter_map(begun).max();
    let last = times(|times| times.passed).max();
    let name = match number {
        1 => learner.name.clone(),
        _ => format!("{} ({number})", learner.name),
    };
    Row {
        name,
        since: at
            .as_ref()
            .map_or(last.unwrap_or(learner.joined), |(since, _)| *since),
        at: at.map(|(_, name)| name),
        passed: times(|times| times.passed).count(),
        heard: learner.heard,
        quiet: now.saturating_sub(learner.heard) > QUIET,
    }
}

/// How long ago that was: `12 s`, `7 min`, `3 h`.
fn ago(now: Seconds, then: Seconds) -> String {
    match now.saturating_sub(then) {
        seconds @ ..90 => format!("{seconds} s"),
        seconds @ ..5_400 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learner(name: &str, exercises: &[(&str, Option<Seconds>, Option<Seconds>)]) -> Learner {
        let exercises = exercises.iter().map(|(name, started, passed)| {
            let times = Times {
                started: *started,
                passed: *passed,
            };
            ((*name).to_owned(), times)
        });
        Learner {
            name: name.to_owned(),
            digest: String::new(),
            joined: 1000,
            heard: 2000,
            exercises: exercises.collect(),
        }
    }

    fn board(now: Seconds) -> Board {
        let mut room = Room::new();
        room.learners.0 = vec![
            learner("Ada", &[]),
            learner(
                "Ada",
                &[
                    ("channels/1", Some(1100), Some(1500)),
                    ("channels/2", Some(1600), None),
                ],
            ),
            learner("<script>", &[("channels/1", None, Some(1700))]),
        ];
        Board::of(&room, now)
    }

    #[test]
    fn each_is_where_they_are_and_the_room_is_counted() {
        let board = board(2060);
        let rows: Vec<_> = board
            .learners
            .iter()
            .map(|row| (row.name.as_str(), row.at.as_deref(), row.since, row.passed))
            .collect();
        assert_eq!(
            rows,
            [
                ("Ada", None, 1000, 0),
                ("Ada (2)", Some("channels/2"), 1600, 1),
                ("<script>", None, 1700, 1)
            ]
        );
        let (one, two) = (board.exercises["channels/1"], board.exercises["channels/2"]);
        assert_eq!(
            ((one.passed, one.at_it), (two.passed, two.at_it)),
            ((2, 0), (0, 1))
        );
        assert!(board.learners.iter().all(|row| !row.quiet));
        let table = board.table();
        assert!(
            table.contains("channels/2               7 min       1       60 s"),
            "{table}"
        );
    }

    #[test]
    fn who_has_not_been_heard_for_long_is_quiet() {
        let board = board(2181);
        assert!(board.learners.iter().all(|row| row.quiet));
        assert!(board.table().contains("quiet") && board.html().contains("class=\"quiet\""));
    }

    #[test]
    fn a_name_is_text_on_the_page() {
        let html = board(2000).html();
        assert!(
            html.contains("&lt;script&gt;") && !html.contains("<script"),
            "{html}"
        );
    }
}
