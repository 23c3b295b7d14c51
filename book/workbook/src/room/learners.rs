//! Who is in the room, and how far.
//!
//! What is known of an exercise is when it was started and when it was passed, and the first that was heard counts: a
//! learner may tell the same any number of times, and in any order.

use super::{Limits, Refusal, Seconds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 40;
/// The longest name of an exercise, in bytes.
const LONGEST_EXERCISE: usize = 64;

/// A learner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learner {
    /// What they are called.
    pub name: String,
    /// The digest of their token.
    pub(super) digest: String,
    /// When they joined.
    pub joined: Seconds,
    /// When they were heard last.
    pub heard: Seconds,
    /// What they have begun, by the exercise's name.
    pub exercises: BTreeMap<String, Times>,
}

/// When an exercise was started, and when it was passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Times {
    /// When it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Seconds>,
    /// When it was passed first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<Seconds>,
}

/// What a learner tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// What their clock says.
    pub now: Seconds,
    /// How far they are.
    pub exercises: Vec<Item>,
}

/// How far a learner is with one exercise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The exercise.
    pub name: String,
    /// When it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Seconds>,
    /// When it was passed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Seconds>,
}

/// The learners, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Learners(pub Vec<Learner>);

impl Learners {
    /// Somebody comes.
    pub(super) fn join(
        &mut self,
        name: &str,
        digest: String,
        now: Seconds,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let name = sound_name(name).ok_or(Refusal::Name)?;
        if self.0.len() >= limits.learners {
            return Err(Refusal::Full(limits.learners));
        }
        self.0.push(Learner {
            name,
            digest,
            joined: now,
            heard: now,
            exercises: BTreeMap::new(),
        });
        Ok(())
    }

    /// Where the learner with that token stands.
    pub(super) fn find(&self, digest: &str) -> Option<usize> {
        self.0.iter().position(|learner| learner.digest == digest)
    }

    /// Learner `index` tells something; whether that was new.
    pub(super) fn tell(
        &mut self,
        index: usize,
        told: &Told,
        now: Seconds,
        limits: &Limits,
    ) -> Result<bool, Refusal> {
        let learner = self.0.get_mut(index).ok_or(Refusal::NotJoined)?;
        let malformed = |why: String| Err(Refusal::Malformed(why));
        if let Some(item) = told.exercises.iter().find(|item| !is_exercise(&item.name)) {
            return malformed(format!("{:?} is no name of an exercise", item.name));
        }
        let new = |item: &&Item| !learner.exercises.contains_key(&item.name);
        if learner.exercises.len() + told.exercises.iter().filter(new).count() > limits.exercises {
            return malformed(format!("more than {} exercises", limits.exercises));
        }
        // Neither before the epoch nor later than now, whatever the learner's clock says.
        let here = |time: Seconds| now.saturating_sub(told.now.saturating_sub(time));
        let mut changed = false;
        for item in &told.exercises {
            let times = learner.exercises.entry(item.name.clone()).or_default();
            for (known, heard) in [
                (&mut times.started, item.started),
                (&mut times.passed, item.passed),
            ] {
                if let (None, Some(time)) = (*known, heard) {
                    *known = Some(here(time));
                    changed = true;
                }
            }
        }
        learner.heard = now;
        Ok(changed)
    }
}

/// The name as it is shown, if it can be.
fn sound_name(name: &str) -> Option<String> {
    let name = name.trim();
    // Marks that turn the direction of writing, or have no width, make one name look like another.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let sound = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains(hidden);
    sound.then(|| name.to_owned())
}

/// `channels/1`: a chapter and a number.
fn is_exercise(name: &str) -> bool {
    let parts = name.split_once('/');
    name.len() <= LONGEST_EXERCISE
        && parts.is_some_and(|(chapter, number)| {
            let letter = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
            !chapter.is_empty()
                && chapter.bytes().all(letter)
                && !number.is_empty()
                && number.bytes().all(|c| c.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(now: Seconds, started: Option<Seconds>, passed: Option<Seconds>) -> Told {
        let name = "channels/1".to_owned();
        Told {
            now,
            exercises: vec![Item {
                name,
                started,
                passed,
            }],
        }
    }

    fn room() -> Learners {
        let mut learners = Learners::default();
        learners
            .join("Ada", "d".to_owned(), 1000, &Limits::default())
            .expect("a name");
        learners
    }

    #[test]
    fn what_was_heard_first_stays_and_the_clock_is_set_right() {
        let mut learners = room();
        let limits = Limits::default();
        // The learner's clock is 500 s late.
        let mut tell = |told: &Told, now| learners.tell(0, told, now, &limits).expect("told");
        assert!(tell(&told(600, Some(590), None), 1100));
        assert!(!tell(&told(610, Some(590), None), 1112));
        assert!(tell(&told(700, Some(590), Some(650)), 1200));
        assert!(!tell(&told(600, Some(590), None), 1300));
        let times = learners.0[0].exercises["channels/1"];
        assert_eq!((times.started, times.passed), (Some(1090), Some(1150)));
        assert_eq!(learners.0[0].heard, 1300);
    }

    #[test]
    fn no_time_lies_in_the_future() {
        let mut learners = room();
        let absurd = told(0, Some(u64::MAX), Some(7));
        learners
            .tell(0, &absurd, 1100, &Limits::default())
            .expect("told");
        let times = learners.0[0].exercises["channels/1"];
        assert_eq!((times.started, times.passed), (Some(1100), Some(1100)));
    }

    #[test]
    fn what_is_no_exercise_is_refused_and_there_are_not_too_many() {
        let mut learners = room();
        let limits = Limits {
            exercises: 2,
            learners: 1,
            ..Limits::default()
        };
        for name in [
            "",
            "x",
            "x/",
            "/1",
            "x/1a",
            "X/1",
            "../1",
            "<b>/1",
            &"x".repeat(99),
        ] {
            let mut told = told(0, Some(0), None);
            name.clone_into(&mut told.exercises[0].name);
            let refused = learners.tell(0, &told, 0, &limits);
            assert!(matches!(refused, Err(Refusal::Malformed(_))), "{name}");
        }
        let mut many = told(0, Some(0), None);
        for name in ["channels/2", "channels/3"] {
            many.exercises.push(Item {
                name: name.to_owned(),
                started: None,
                passed: None,
            });
        }
        assert!(learners.tell(0, &many, 0, &limits).is_err());
        assert!(learners.0[0].exercises.is_empty());
        let full = learners.join("Bea", "e".to_owned(), 0, &limits);
        assert_eq!(full, Err(Refusal::Full(1)));
    }

    #[test]
    fn names_can_be_shown() {
        for (name, sound) in [
            (" Ada ", true),
            ("李雷", true),
            ("Zoë & <b>", true),
            ("", false),
            ("   ", false),
            ("a\nb", false),
            ("a\u{1b}[2J", false),
            ("a\u{202e}b", false),
            (&"x".repeat(41), false),
        ] {
            assert_eq!(sound_name(name).is_some(), sound, "{name:?}");
        }
    }
}
