//! How long a chapter takes: `{{#minutes reading=20 lab=10}}` below its title.
//!
//! `reading` is the time to read it, or to tell it; `lab` the time at the machine: predict, run, look. What the
//! chapter's exercises take stands in their own files and is added.

use super::expand::Expanded;
use crate::exercises::Catalogue;
use crate::workspace::Workspace;

/// The longest that one part of a chapter may take: longer ones are two chapters.
const LONGEST: u32 = 120;

/// Stands for the line until the exercises of the page are known.
pub(super) const MARK: &str = "<!-- minutes of this chapter -->";

/// How long a chapter takes, in minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// Reading it, or telling it.
    pub reading: u32,
    /// At the machine, apart from the exercises.
    pub lab: u32,
    /// Each exercise, by name.
    pub exercises: Vec<(String, u32)>,
}

impl Minutes {
    /// All of it.
    pub fn total(&self) -> u32 {
        self.reading + self.lab + self.practice()
    }

    /// The exercises together.
    pub fn practice(&self) -> u32 {
        self.exercises.iter().map(|(_, minutes)| minutes).sum()
    }

    /// What stands behind the directive's name: `reading=20 lab=10`.
    pub(super) fn parse(text: &str) -> Result<Minutes, String> {
        let mut minutes = Minutes::default();
        for word in text.split_whitespace() {
            let part = word.split_once('=');
            let (name, value) = part.ok_or_else(|| format!("{word:?}: write reading=20"))?;
            let place = match name {
                "reading" => &mut minutes.reading,
                "lab" => &mut minutes.lab,
                _ => return Err(format!("{name:?}: there are reading and lab")),
            };
            if *place > 0 {
                return Err(format!("{name} is said twice"));
            }
            let number = value.parse().ok().filter(|n| (1..=LONGEST).contains(n));
            *place = number.ok_or_else(|| format!("{word:?}: write 1 to {LONGEST} minutes"))?;
        }
        if minutes.reading == 0 {
            return Err("a chapter is read: write reading=20".to_owned());
        }
        Ok(minutes)
    }

    fn line(&self) -> String {
        let parts = [
            ("reading", self.reading),
            ("lab", self.lab),
            ("exercises", self.practice()),
        ];
        let parts = parts.iter().filter(|(_, minutes)| *minutes > 0);
        let parts: Vec<String> = parts.map(|(what, n)| format!("{what} {n}")).collect();
        format!(
            "<p class=\"minutes\">{} minutes: {}</p>",
            self.total(),
            parts.join(", ")
        )
    }
}

/// Adds up what the chapter takes, now that all of it is known, and puts it in its place.
pub(super) fn finish(workspace: &Workspace, chapter: &mut Expanded) -> Result<(), String> {
    let Some(minutes) = &mut chapter.minutes else {
        return Err(
            "the chapter does not say how long it takes: write {{#minutes reading=20}} below its title"
                .to_owned(),
        );
    };
    if minutes.reading == 0 {
        return Ok(());
    }
    if minutes.lab == 0 && !chapter.labs.is_empty() {
        return Err(
            "the chapter has a lab and does not say how long it takes: {{#minutes reading=20 lab=10}}"
                .to_owned(),
        );
    }
    if !chapter.exercises.is_empty() {
        // An exercise that is not there, or is broken, is a problem of its own line already.
        let catalogue = Catalogue::read(workspace).ok();
        let known = |name: &String| {
            let exercise = catalogue.as_ref()?.find(name).ok()?;
            Some((name.clone(), exercise.about.minutes))
        };
        minutes.exercises = chapter.exercises.iter().filter_map(known).collect();
    }
    chapter.text = chapter.text.replacen(MARK, &minutes.line(), 1);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_named_and_added() {
        let mut minutes = Minutes::parse("reading=20 lab=5").expect("sound");
        minutes.exercises = vec![("a/1".to_owned(), 10), ("a/2".to_owned(), 15)];
        assert_eq!((minutes.practice(), minutes.total()), (25, 50));
        assert_eq!(
            minutes.line(),
            "<p class=\"minutes\">50 minutes: reading 20, lab 5, exercises 25</p>"
        );
    }

    #[test]
    fn what_is_not_right_is_named() {
        for (text, says) in [
            ("", "a chapter is read"),
            ("lab=5", "a chapter is read"),
            ("20", "\"20\": write reading=20"),
            ("talk=20", "\"talk\": there are reading and lab"),
            ("reading=0", "\"reading=0\": write 1 to 120 minutes"),
            ("reading=999", "\"reading=999\""),
            ("reading=-4", "\"reading=-4\""),
            ("reading=5 reading=6", "reading is said twice"),
        ] {
            let why = Minutes::parse(text).expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
