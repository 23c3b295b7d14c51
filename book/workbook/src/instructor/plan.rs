//! Chapters into days.
//!
//! A chapter is told, then its lab is run, then its exercises are done one by one. Breaks and lunch lie between such
//! parts, never inside one. What is left of a day stays open, for questions and for what took longer.

use super::workshop::{Clock, Workshop, Wrong};
use crate::book::Page;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One day.
#[derive(Clone, Debug, Serialize)]
pub struct Day {
    /// What happens, in order.
    pub slots: Vec<Slot>,
}

/// A stretch of a day.
#[derive(Clone, Debug, Serialize)]
pub struct Slot {
    /// When it begins.
    pub start: Clock,
    /// How long it is.
    pub minutes: u32,
    /// What happens.
    #[serde(flatten)]
    pub what: What,
}

/// What a stretch of a day is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum What {
    /// A part of a chapter.
    Chapter {
        /// Its title.
        title: String,
        /// Its file, relative to `src/`.
        path: PathBuf,
        /// Which part: `told`, `lab`, or an exercise's name.
        part: String,
    },
    /// Nothing: people move.
    Break,
    /// Lunch.
    Lunch,
    /// Questions, and what took longer.
    Open,
}

struct Part {
    line: usize,
    minutes: u32,
    what: What,
}

/// The days of a workshop, or all that is wrong with it.
pub(super) fn plan(workshop: &Workshop, pages: &[Page]) -> Result<Vec<Day>, Vec<Wrong>> {
    let parts = parts(workshop, pages)?;
    let mut days = vec![Open::new(workshop)];
    for (index, part) in parts.iter().enumerate() {
        let Some(day) = days.last_mut() else { break };
        if day.take(workshop, part) {
            continue;
        }
        if days.len() < workshop.days {
            let mut next = Open::new(workshop);
            if next.take(workshop, part) {
                days.push(next);
                continue;
            }
        }
        let rest: u32 = parts[index..].iter().map(|part| part.minutes).sum();
        let all: u32 = parts.iter().map(|part| part.minutes).sum();
        return Err(vec![(
            part.line,
            format!(
                "{} does not fit: from here on {rest} of its {all} minutes have no place before {} with breaks; \
                 take a chapter out, or give it more time",
                workshop.name, workshop.end
            ),
        )]);
    }
    days.resize_with(workshop.days, || Open::new(workshop));
    Ok(days.into_iter().map(|day| day.close(workshop)).collect())
}

fn parts(workshop: &Workshop, pages: &[Page]) -> Result<Vec<Part>, Vec<Wrong>> {
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    if workshop.chapters.is_empty() {
        wrong.push((workshop.line, format!("{} has no chapters", workshop.name)));
    }
    for (line, path) in &workshop.chapters {
        let shown = path.display();
        if !seen.insert(path) {
            wrong.push((*line, format!("{shown} is taught twice")));
        }
        let Some(page) = pages.iter().find(|page| page.path == *path) else {
            let why =
                format!("the book has no chapter {shown}: SUMMARY.md lists those that it has");
            wrong.push((*line, why));
            continue;
        };
        let fixed = [("told", page.minutes.reading), ("lab", page.minutes.lab)];
        let exercises = page.minutes.exercises.iter();
        let all = fixed
            .into_iter()
            .chain(exercises.map(|(name, minutes)| (name.as_str(), *minutes)));
        parts.extend(
            all.filter(|(_, minutes)| *minutes > 0)
                .map(|(part, minutes)| Part {
                    line: *line,
                    minutes,
                    what: What::Chapter {
                        title: page.title.clone(),
                        path: path.clone(),
                        part: part.to_owned(),
                    },
                }),
        );
    }
    if wrong.is_empty() {
        Ok(parts)
    } else {
        Err(wrong)
    }
}

/// A day that is being filled.
struct Open {
    slots: Vec<Slot>,
    now: u32,
    /// When people sat down last.
    since: u32,
    lunch: bool,
}

impl Open {
    fn new(workshop: &Workshop) -> Open {
        Open {
            slots: Vec::new(),
            now: workshop.start.0,
            since: workshop.start.0,
            lunch: false,
        }
    }

    /// Puts a part at the end of the day, after what has to come before it; not if that is too late.
    fn take(&mut self, workshop: &Workshop, part: &Part) -> bool {
        let rest = self.rest_before(workshop, part.minutes);
        let before = rest.as_ref().map_or(0, |(minutes, _)| *minutes);
        if self.now + before + part.minutes > workshop.end.0 {
            return false;
        }
        if let Some((minutes, what)) = rest {
            self.lunch |= what == What::Lunch;
            self.push(minutes, what);
            self.since = self.now;
        }
        self.push(part.minutes, part.what.clone());
        true
    }

    /// What people need before they work for so long.
    fn rest_before(&self, workshop: &Workshop, minutes: u32) -> Option<(u32, What)> {
        let tired = self.now > self.since && self.now + minutes - self.since > workshop.pause.after;
        let pause = tired.then_some((workshop.pause.minutes, What::Break));
        let next = self.now + minutes + pause.as_ref().map_or(0, |(minutes, _)| *minutes);
        if let Some(lunch) = workshop.lunch
            && !self.lunch
            && self.now > workshop.start.0
            // Here is nearer to the time of lunch than the next chance.
            && self.now.abs_diff(lunch.at.0) <= next.abs_diff(lunch.at.0)
        {
            return Some((lunch.minutes, What::Lunch));
        }
        pause
    }

    fn push(&mut self, minutes: u32, what: What) {
        let start = Clock(self.now);
        self.slots.push(Slot {
            start,
            minutes,
            what,
        });
        self.now += minutes;
    }

    fn close(mut self, workshop: &Workshop) -> Day {
        if let Some(lunch) = workshop.lunch
            && !self.lunch
            && self.now.max(lunch.at.0) + lunch.minutes < workshop.end.0
        {
            if self.now < lunch.at.0 {
                self.push(lunch.at.0 - self.now, What::Open);
            }
            self.push(lunch.minutes, What::Lunch);
        }
        let left = workshop.end.0 - self.now;
        if left > 0 {
            self.push(left, What::Open);
        }
        Day { slots: self.slots }
    }
}

#[cfg(test)]
mod tests {
    use super::super::workshop::{Lunch, Pause};
    use super::*;
    use crate::book::Minutes;

    fn page(path: &str, reading: u32, lab: u32, exercises: &[u32]) -> Page {
        let name = |(index, minutes): (usize, &u32)| (format!("x/{}", index + 1), *minutes);
        Page {
            title: path.to_owned(),
            path: path.into(),
            minutes: Minutes {
                reading,
                lab,
                exercises: exercises.iter().enumerate().map(name).collect(),
            },
            notes: Vec::new(),
        }
    }

    fn workshop(days: usize, end: u32, chapters: &[&str]) -> Workshop {
        let chapters = chapters.iter().enumerate();
        Workshop {
            name: "w".to_owned(),
            title: "W".to_owned(),
            days,
            start: Clock(540),
            end: Clock(end),
            lunch: Some(Lunch {
                at: Clock(720),
                minutes: 60,
            }),
            pause: Pause {
                after: 75,
                minutes: 15,
            },
            chapters: chapters
                .map(|(index, path)| (index + 10, path.into()))
                .collect(),
            line: 1,
        }
    }

    fn drawn(days: &[Day]) -> Vec<String> {
        let slot = |slot: &Slot| {
            let what = match &slot.what {
                What::Chapter { path, part, .. } => format!("{} {part}", path.display()),
                other => format!("{other:?}").to_lowercase(),
            };
            format!("{} {} {what}", slot.start, slot.minutes)
        };
        days.iter()
            .flat_map(|day| day.slots.iter().map(slot))
            .collect()
    }

    #[test]
    fn breaks_and_lunch_lie_between_the_parts() {
        let pages = [page("a", 30, 15, &[20, 30]), page("b", 40, 0, &[45])];
        let days = plan(&workshop(1, 900, &["a", "b"]), &pages).expect("it fits");
        assert_eq!(
            drawn(&days),
            [
                "09:00 30 a told",
                "09:30 15 a lab",
                "09:45 20 a x/1",
                "10:05 15 break",
                "10:20 30 a x/2",
                "10:50 40 b told",
                "11:30 60 lunch",
                "12:30 45 b x/1",
                "13:15 105 open",
            ]
        );
    }

    #[test]
    fn there_is_lunch_on_a_day_with_little_in_it() {
        let days = plan(&workshop(1, 1020, &["a"]), &[page("a", 30, 0, &[])]).expect("it fits");
        let expected = [
            "09:00 30 a told",
            "09:30 150 open",
            "12:00 60 lunch",
            "13:00 240 open",
        ];
        assert_eq!(drawn(&days), expected);
    }

    #[test]
    fn what_does_not_fit_today_comes_tomorrow() {
        let pages = [page("a", 60, 60, &[60])];
        let days = plan(&workshop(2, 700, &["a"]), &pages).expect("it fits");
        assert_eq!(
            drawn(&days),
            [
                "09:00 60 a told",
                "10:00 15 break",
                "10:15 60 a lab",
                "11:15 25 open",
                "09:00 60 a x/1",
                "10:00 100 open",
            ]
        );
    }

    #[test]
    fn a_day_that_is_too_short_is_refused() {
        let pages = [page("a", 60, 60, &[60]), page("b", 10, 0, &[])];
        let wrong = plan(&workshop(1, 700, &["a", "b"]), &pages).expect_err("too long");
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].0, 10);
        assert!(wrong[0].1.contains("70 of its 190 minutes"), "{wrong:?}");
    }

    #[test]
    fn chapters_that_are_not_there_or_twice_are_named() {
        let pages = [page("a", 10, 0, &[])];
        let wrong = plan(&workshop(1, 700, &["a", "b", "a"]), &pages).expect_err("wrong");
        let lines: Vec<usize> = wrong.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [11, 12]);
        assert!(wrong[0].1.contains("no chapter b"), "{wrong:?}");
        assert!(plan(&workshop(1, 700, &[]), &pages).is_err());
    }

    #[test]
    fn all_of_a_chapter_is_taught_and_nothing_overlaps() {
        for length in 1..60 {
            let pages = [page("a", length, length / 2, &[length, 7, 30])];
            let workshop = workshop(5, 1020, &["a"]);
            let days = plan(&workshop, &pages).expect("five days are enough");
            let mut taught = 0;
            for day in &days {
                let mut now = workshop.start.0;
                for slot in &day.slots {
                    assert_eq!(slot.start.0, now);
                    now += slot.minutes;
                    if matches!(slot.what, What::Chapter { .. }) {
                        taught += slot.minutes;
                    }
                }
                assert_eq!(now, workshop.end.0);
            }
            assert_eq!(taught, pages[0].minutes.total());
        }
    }
}
