//! A verdict in words, for terminal and page alike.

use super::check::{Crash, Outcome};
use super::run::Limits;
use crate::process::Ended;

/// What should have happened, what has happened, and how that comes. What does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// What should have happened.
    pub expected: String,
    /// What has happened.
    pub observed: String,
    /// How that comes.
    pub why: String,
}

/// What the compiler says of an exercise.
pub const NO_CALL: &str =
    "The check can't call your code. Names and signatures have to stay as in the starter:";

impl Words {
    /// The words for an outcome; none where it is passed or does not compile.
    pub fn of(outcome: &Outcome, limits: &Limits) -> Words {
        let (observed, why) = match outcome {
            Outcome::Passed(_) | Outcome::Compile(_) => return Words::default(),
            Outcome::Failed(_, failed) => {
                return Words {
                    expected: failed.expected.clone(),
                    observed: failed.observed.clone(),
                    why: failed.why.clone(),
                };
            }
            Outcome::Ended(ended) => self::ended(*ended, limits),
            Outcome::Crashed(crash, _) => crashed(*crash, limits),
        };
        Words {
            expected: String::new(),
            observed,
            why: why.to_owned(),
        }
    }
}

fn ended(ended: Ended, limits: &Limits) -> (String, &'static str) {
    match ended {
        Ended::Deadline => (
            format!(
                "it still ran after {} s, and was ended",
                limits.deadline.as_secs_f64()
            ),
            "Each schedule is short, so a few seconds are plenty: something goes on and on, or prints very much.",
        ),
        Ended::Output => (
            format!(
                "it printed more than {}, and was ended",
                lab_format::units::bytes(limits.output as u64)
            ),
            "A line now and then helps; a flood hides what matters. Is it printed in a loop that has no way out?",
        ),
        Ended::Memory => crashed(Crash::Memory, limits),
        Ended::Processes => (
            format!(
                "it was more than {} processes and was ended",
                limits.processes
            ),
            "An exercise needs tasks, and no other process. Does it start itself again and again?",
        ),
        Ended::Cancelled => ("cancelled; nothing is left running".to_owned(), ""),
    }
}

fn crashed(crash: Crash, limits: &Limits) -> (String, &'static str) {
    match crash {
        Crash::Memory => (
            format!(
                "it used more than {} of memory and was ended",
                lab_format::units::bytes(limits.memory)
            ),
            "Something grows without a bound: a buffer, a vector, a string in a loop.",
        ),
        Crash::Stack => (
            "a task used up its stack".to_owned(),
            "A function calls itself without end, or a very large value lies on the stack.",
        ),
        Crash::Other(number) => (
            format!("the program crashed ({number}) before it came to a verdict"),
            "It exited by itself, or panicked while it was panicking already. What it said last:",
        ),
    }
}
