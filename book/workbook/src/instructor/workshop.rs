//! `book/workshop.toml`: which chapters are taught in how much time.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;
use toml::Spanned;

/// A line of the file, from 1, and what is wrong there.
pub(super) type Wrong = (usize, String);

/// A time of day, in minutes since midnight; written as `09:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(pub u32);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for Clock {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Clock, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || serde::de::Error::custom(format!("{text:?} is no time of day: write 09:30"));
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str, below: u32| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| text.parse::<u32>().ok()).flatten();
            number.filter(|n| *n < below).ok_or_else(wrong)
        };
        Ok(Clock(number(hours, 24)? * 60 + number(minutes, 60)?))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    workshop: Vec<Table>,
}

/// A table of the file, before it is checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Spanned<String>,
    title: String,
    days: usize,
    start: Clock,
    end: Spanned<Clock>,
    lunch: Option<Lunch>,
    pause: Pause,
    chapters: Vec<Spanned<PathBuf>>,
}

/// When lunch is, and how long.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lunch {
    /// It begins where one thing ends and the next begins, as near to this time as that is.
    pub at: Clock,
    /// How long it is.
    pub minutes: u32,
}

/// How long a room listens and works before it has to move.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// After how many minutes at the latest.
    pub after: u32,
    /// How long it is.
    pub minutes: u32,
}

/// What is taught in how much time.
#[derive(Clone, Debug)]
pub struct Workshop {
    /// Its name for commands: `half-day`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// How many days.
    pub days: usize,
    /// When each begins.
    pub start: Clock,
    /// When each ends.
    pub end: Clock,
    /// Lunch, if it lies within.
    pub lunch: Option<Lunch>,
    /// Breaks.
    pub pause: Pause,
    /// The chapters, relative to `src/`, in order, each with its line.
    pub(super) chapters: Vec<(usize, PathBuf)>,
    /// The line that names it.
    pub(super) line: usize,
}

/// Reads the file.
pub(super) fn parse(text: &str) -> Result<Vec<Workshop>, Wrong> {
    let line = |at: usize| 1 + text[..at.min(text.len())].matches('\n').count();
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(1, |span| line(span.start));
        (at, error.message().to_owned())
    })?;
    let mut workshops: Vec<Workshop> = Vec::new();
    for table in file.workshop {
        let here = line(table.name.span().start);
        let ends = line(table.end.span().start);
        let workshop = Workshop {
            name: table.name.into_inner(),
            title: table.title,
            days: table.days,
            start: table.start,
            end: table.end.into_inner(),
            lunch: table.lunch,
            pause: table.pause,
            chapters: table
                .chapters
                .into_iter()
                .map(|path| (line(path.span().start), path.into_inner()))
                .collect(),
            line: here,
        };
        if workshops.iter().any(|known| known.name == workshop.name) {
            return Err((here, format!("{} is there twice", workshop.name)));
        }
        if workshop.end <= workshop.start {
            let why = format!("{} ends before it begins", workshop.name);
            return Err((ends, why));
        }
        if !(1..=5).contains(&workshop.days) {
            return Err((here, format!("{}: 1 to 5 days", workshop.name)));
        }
        if workshop.pause.after < 30 || workshop.pause.minutes == 0 {
            let why = "a pause of a minute or more, after 30 minutes or more";
            return Err((here, format!("{}: {why}", workshop.name)));
        }
        workshops.push(workshop);
    }
    Ok(workshops)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "[[workshop]]\nname = \"day\"\ntitle = \"A day\"\ndays = 1\nstart = \"09:00\"\nend = \"17:00\"\n\
                         lunch = { at = \"12:30\", minutes = 60 }\npause = { after = 75, minutes = 15 }\nchapters = [\n  \"a.md\",\n]\n";

    #[test]
    fn a_sound_file_is_read_with_its_lines() {
        let workshops = parse(SOUND).expect("sound");
        let day = &workshops[0];
        assert_eq!((day.start, day.end), (Clock(540), Clock(1020)));
        assert_eq!(day.chapters, [(10, PathBuf::from("a.md"))]);
        assert_eq!(day.start.to_string(), "09:00");
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        for (from, to, line, says) in [
            ("09:00", "9:00", 5, "\"9:00\" is no time of day"),
            ("09:00", "24:00", 5, "no time of day"),
            ("17:00", "08:00", 6, "day ends before it begins"),
            ("days = 1", "days = 0", 2, "1 to 5 days"),
            ("after = 75", "after = 1", 2, "30 minutes or more"),
            ("title", "titel", 3, "unknown field `titel`"),
        ] {
            let wrong = parse(&SOUND.replace(from, to)).expect_err(to);
            assert_eq!(wrong.0, line, "{wrong:?}");
            assert!(wrong.1.contains(says), "{wrong:?}");
        }
        let twice = format!("{SOUND}\n{SOUND}");
        assert_eq!(parse(&twice).expect_err("twice").0, 14);
    }
}
