//! A check: cases, each run over schedules.

use crate::explore::{Body, Outcome, explore, fail};
use crate::program::output;
use crate::record::{self, Event, Fault, FaultKind, What};
use crate::schedule::Strategy;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "loom")]
mod orderings;

/// What a solution must do, in a few cases.
#[derive(Default)]
pub struct Check {
    pub(crate) cases: Vec<Case>,
}

/// One thing that a solution must do.
pub struct Case {
    pub(crate) name: &'static str,
    body: Run,
    when_stuck: &'static str,
}

/// How a case is run.
enum Run {
    /// Over schedules.
    Schedules(Body),
    /// Over executions of loom.
    #[cfg(feature = "loom")]
    Orderings(orderings::Body),
}

/// How far to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many orders are tried in turn, for each case.
    pub every: u64,
    /// How many are drawn when that was not all of them.
    pub sample: u64,
    /// What they are drawn with.
    pub seed: u64,
    /// Runs only this schedule: the number of its case, from 1, and its choices: `2:0012`.
    pub replay: Option<(usize, String)>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            every: 10_000,
            sample: 5_000,
            seed: 7,
            replay: None,
        }
    }
}

/// What was tried of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// How many schedules were tried in turn.
    pub every: u64,
    /// Within how many preemptions these are all there are; without one, they are all.
    pub preemptions: Option<u32>,
    /// These are not even all without a preemption.
    pub cut: bool,
    /// How many were drawn, and with which seed.
    pub sampled: Option<(u64, u64)>,
    /// It was one that was known.
    pub replayed: bool,
    /// They were executions of loom: orders of steps, and values that loads may return.
    pub orderings: bool,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, many) = if self.orderings {
            ("execution by loom", "executions by loom")
        } else {
            ("schedule", "schedules")
        };
        if self.replayed {
            return write!(f, "one {one}, replayed");
        }
        let first = if self.cut { "first" } else { "only" };
        match self.every {
            1 => write!(f, "the {first} {one}")?,
            count if self.cut => write!(f, "the first {} {many}", counted(count))?,
            count => write!(f, "all {} {many}", counted(count))?,
        }
        match self.preemptions {
            None => {}
            Some(0) => f.write_str(" without preemption")?,
            Some(1) => f.write_str(" with at most one preemption")?,
            Some(most) => write!(f, " with at most {most} preemptions")?,
        }
        match self.sampled {
            Some((sampled, seed)) => write!(f, ", and {} sampled, seed {seed}", counted(sampled)),
            None => Ok(()),
        }
    }
}

fn counted(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", counted(number / 1_000), number % 1_000)
}

/// A case that holds.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Its name.
    pub name: &'static str,
    /// What was tried.
    pub explored: Explored,
}

/// A schedule with a fault.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The case's name.
    pub case: &'static str,
    /// What is wrong.
    pub fault: Fault,
    /// How many schedules were tried, this one included.
    pub schedules: u64,
    /// What runs it again: `2:0012`.
    pub replay: String,
    /// The tasks by name.
    pub lanes: Vec<String>,
    /// What they share.
    pub resources: Vec<String>,
    /// Who did what.
    pub events: Vec<Event>,
}

/// What a check has come to.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The cases that hold.
    pub cases: Vec<Passed>,
    /// The first that doesn't.
    pub fault: Option<Failed>,
}

impl Check {
    /// Nothing to check yet.
    pub fn new() -> Check {
        Check::default()
    }

    /// Adds a case: `body` is run once for each schedule.
    pub fn case<B, F>(mut self, name: &'static str, body: B) -> Check
    where
        B: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = ()> + 'static,
    {
        let body: Body = Arc::new(move || Box::pin(body()));
        self.cases.push(Case {
            name,
            body: Run::Schedules(body),
            when_stuck: "",
        });
        self
    }

    /// Adds a case about orderings, of threads and atomics of [`gym::atomic`](crate::atomic): `body`
    /// is run once for each execution.
    #[cfg(feature = "loom")]
    pub fn orderings<B>(mut self, name: &'static str, body: B) -> Check
    where
        B: Fn() + Send + Sync + 'static,
    {
        self.cases.push(Case {
            name,
            body: Run::Orderings(Arc::new(body)),
            when_stuck: "",
        });
        self
    }

    /// Says why, if in the case before everybody waits for ever.
    pub fn when_stuck(mut self, why: &'static str) -> Check {
        if let Some(case) = self.cases.last_mut() {
            case.when_stuck = why;
        }
        self
    }

    /// Runs the cases in turn, up to the first that fails. One check runs at a time.
    pub fn run(&self, options: &Options) -> Verdict {
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut verdict = Verdict::default();
        for (index, case) in self.cases.iter().enumerate() {
            let replay = match &options.replay {
                Some((number, _)) if *number != index + 1 => continue,
                Some((_, choices)) => Some(choices.clone()),
                None => None,
            };
            match case.run(options, replay) {
                Ok(explored) => verdict.cases.push(Passed {
                    name: case.name,
                    explored,
                }),
                Err((outcome, schedules)) => {
                    verdict.fault = failed(case, index, outcome, schedules);
                    break;
                }
            }
        }
        verdict
    }
}

impl Case {
    fn run(&self, options: &Options, replay: Option<String>) -> Result<Explored, (Outcome, u64)> {
        match &self.body {
            Run::Schedules(body) => Case::schedules(body, options, replay),
            #[cfg(feature = "loom")]
            Run::Orderings(body) => orderings::run(body, options, replay.as_deref()),
        }
    }

    /// The simplest orders first: without a preemption, with one, … so that the first that
    /// fails is one of the simplest that do.
    fn schedules(
        body: &Body,
        options: &Options,
        replay: Option<String>,
    ) -> Result<Explored, (Outcome, u64)> {
        if let Some(choices) = replay {
            let replayed = Self::explore(body, Strategy::Replay { choices }, 1, 0)?;
            return Ok(Explored {
                every: replayed.schedules,
                replayed: true,
                ..Explored::default()
            });
        }
        let mut explored = Explored::default();
        let mut total = 0;
        for preemptions in 0.. {
            let outcome = Self::explore(
                body,
                Strategy::Every { preemptions },
                options.every - total,
                total,
            )?;
            total += outcome.schedules;
            if !outcome.done {
                explored.cut = preemptions == 0;
                explored.every =
                    explored
                        .every
                        .max(if explored.cut { outcome.schedules } else { 0 });
                break;
            }
            explored.every = outcome.schedules;
            explored.preemptions = outcome.pruned.then_some(preemptions);
            if !outcome.pruned {
                return Ok(explored);
            }
            if total >= options.every {
                break;
            }
        }
        Self::explore(
            body,
            Strategy::Sample { seed: options.seed },
            options.sample,
            total,
        )?;
        explored.sampled = Some((options.sample, options.seed));
        Ok(explored)
    }

    fn explore(
        body: &Body,
        strategy: Strategy,
        most: u64,
        before: u64,
    ) -> Result<Outcome, (Outcome, u64)> {
        let shows = before == 0;
        let most_shown = most.min(1);
        if shows && most > 1 {
            // What the solution prints is shown for one schedule, not for thousands.
            let first = explore(body, strategy.clone(), most_shown);
            if first.fault.is_some() || first.done {
                return settled(first, before);
            }
        }
        let quiet = (most > 1).then(output::mute);
        let outcome = explore(body, strategy, most);
        drop(quiet);
        let Some(fault) = &outcome.fault else {
            return Ok(outcome);
        };
        if most > 1 {
            // The one that fails, with what it prints.
            output::headline("what the failing schedule prints");
            let again = explore(
                body,
                Strategy::Replay {
                    choices: fault.1.clone(),
                },
                1,
            );
            if again.fault.is_none() {
                return settled(wavering(outcome), before);
            }
        }
        settled(outcome, before)
    }
}

fn settled(outcome: Outcome, before: u64) -> Result<Outcome, (Outcome, u64)> {
    if outcome.fault.is_none() {
        return Ok(outcome);
    }
    let schedules = before + outcome.schedules;
    Err((outcome, schedules))
}

/// The same choices, and another end: something else than the schedule decides.
fn wavering(mut outcome: Outcome) -> Outcome {
    if let Some(fault) = &mut outcome.fault {
        let why = "Run again, the same schedule passes: something besides the schedule decides, such as chance, the \
                     time of day or a static that keeps its value.";
        why.clone_into(&mut fault.0.why);
    }
    outcome
}

fn failed(case: &Case, index: usize, outcome: Outcome, schedules: u64) -> Option<Failed> {
    let (mut fault, choices) = *outcome.fault?;
    if fault.kind == FaultKind::Stuck && fault.why.is_empty() {
        case.when_stuck.clone_into(&mut fault.why);
    }
    let record = record::record();
    Some(Failed {
        case: case.name,
        fault,
        schedules,
        replay: format!("{}:{choices}", index + 1),
        lanes: record.lanes.clone(),
        resources: record.resources(),
        events: record.events.clone(),
    })
}

/// Ends the schedule with a fault unless `holds`: what was expected, what was observed, why.
pub fn expect(holds: bool, expected: &str, observed: impl FnOnce() -> String, why: &str) {
    if !holds {
        fail(Fault {
            kind: FaultKind::Expectation,
            expected: expected.to_owned(),
            observed: observed(),
            why: why.to_owned(),
        });
    }
}

/// Says in the picture of the schedule what the running task has done. It costs no step.
pub fn note(label: impl Into<std::borrow::Cow<'static, str>>) {
    record::event(What::Notes, label, None, None);
}
