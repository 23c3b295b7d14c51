//! A case about orderings, run over executions.

use super::{Explored, Options, wavering};
use crate::atomic::{Bounded, explore};
use crate::explore::Outcome;
use crate::program::output;
use std::sync::Arc;

/// A case's body: run once for each execution.
pub(super) type Body = Arc<dyn Fn() + Send + Sync>;

/// How many preemptions are allowed, one after the other: the simplest executions first.
const LIMITS: [Option<u32>; 5] = [Some(0), Some(1), Some(2), Some(3), None];

/// Runs `body` within each limit in turn, up to the first fault.
pub(super) fn run(
    body: &Body,
    options: &Options,
    replay: Option<&str>,
) -> Result<Explored, (Outcome, u64)> {
    if let Some(replay) = replay {
        return again(body, replay);
    }
    let mut explored = Explored {
        orderings: true,
        ..Explored::default()
    };
    let mut total = 0;
    for (index, preemptions) in LIMITS.into_iter().enumerate() {
        let bounded = Bounded {
            preemptions,
            most: options.every - total,
            // What the solution prints is shown once.
            shown: u64::from(index == 0),
        };
        let outcome = explore(body, bounded);
        if let Some(fault) = outcome.fault {
            let choices = code(index, outcome.executions);
            let failed = Outcome {
                schedules: outcome.executions,
                pruned: false,
                done: false,
                fault: Some(Box::new((fault, choices.clone()))),
            };
            let schedules = total + failed.schedules;
            return Err((shown(body, failed, &choices), schedules));
        }
        total += outcome.executions;
        if outcome.done {
            explored.every = outcome.executions;
            explored.preemptions = preemptions;
        } else {
            explored.cut = index == 0;
            explored.every = if explored.cut {
                outcome.executions
            } else {
                explored.every
            };
        }
        if !outcome.done || total >= options.every {
            break;
        }
    }
    Ok(explored)
}

/// Runs the execution that fails once more, with what it prints.
fn shown(body: &Body, failed: Outcome, choices: &str) -> Outcome {
    output::headline("what the failing execution prints");
    match again(body, choices) {
        Ok(_) => wavering(failed),
        Err(_) => failed,
    }
}

/// Names an execution by the limit within which it was found, and its number: loom takes the same
/// way each time.
fn code(limit: usize, number: u64) -> String {
    let mut digits = Vec::new();
    let mut rest = number;
    while rest > 0 {
        digits.extend(char::from_digit((rest % 36) as u32, 36));
        rest /= 36;
    }
    digits.extend(char::from_digit(limit as u32, 36));
    digits.iter().rev().collect()
}

/// Runs up to the execution of that name, and shows what that one prints.
fn again(body: &Body, name: &str) -> Result<Explored, (Outcome, u64)> {
    let limit = name.chars().next().and_then(|digit| digit.to_digit(36));
    let preemptions = limit.and_then(|limit| LIMITS.get(limit as usize)).copied();
    let number = name
        .get(1..)
        .and_then(|digits| u64::from_str_radix(digits, 36).ok());
    let number = number.unwrap_or(1).max(1);
    let bounded = Bounded {
        preemptions: preemptions.unwrap_or(None),
        most: number,
        shown: number,
    };
    let outcome = explore(body, bounded);
    match outcome.fault {
        None => Ok(Explored {
            every: outcome.executions,
            replayed: true,
            orderings: true,
            ..Explored::default()
        }),
        Some(fault) => Err((
            Outcome {
                schedules: 1,
                pruned: false,
                done: false,
                fault: Some(Box::new((fault, name.to_owned()))),
            },
            1,
        )),
    }
}
