//! What looks wrong with a target: rules over the last seconds, each with hysteresis and a reason in numbers.
//!
//! ```text
//!   reading ──▶ rule: does it hold? ──▶ held for a while: it fires ──▶ gone for a while: it is over
//! ```
//!
//! A rule judges a window, never one reading. Once it fires, a lower bar keeps it firing, so that a number that wavers
//! about the bar does not make it flicker. A restart begins anew.

pub(crate) mod locks;
mod rules;
#[cfg(test)]
mod tests;
mod trend;

use std::time::Duration;

use cutaway_model::{At, Path, ProfileKind};

use crate::facts::Facts;
use crate::state::Tab;
use crate::vitals::Variables;
use locks::Locks;

pub(crate) use rules::RULES;

/// What may be wrong.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lint {
    WorkerBlocked,
    HotLock,
    CpuThrottled,
    CpuSaturated,
    WorkersOverQuota,
    TasksGrow,
    HeapGrows,
    Errors,
    Shedding,
    RetryStorm,
    BreakerOpen,
    QueueNearBound,
    PoolWaits,
    FilesNearLimit,
}

/// A lint, how it is judged and how it is told.
pub(crate) struct Rule {
    pub(crate) lint: Lint,
    /// Its name in cards and in machine-readable output.
    pub(crate) name: &'static str,
    /// What it is called.
    pub(crate) title: &'static str,
    /// What it looks for, with its window: for the list of those that are fine.
    pub(crate) looks_for: &'static str,
    /// How long it must hold before it fires.
    after: Duration,
    /// How long it must be gone before it is over.
    until: Duration,
    judge: fn(&Seen<'_>) -> Option<Evidence>,
}

/// What a rule looks at.
pub(crate) struct Seen<'a> {
    variables: &'a Variables,
    facts: &'a Facts,
    special: &'a Special,
    locks: &'a Locks,
    /// The profiles that there are.
    offered: &'a [ProfileKind],
    now: At,
    /// Whether it fires at present: then a lower bar keeps it so.
    firing: bool,
}

/// Why a rule holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Evidence {
    /// The numbers, in a line.
    pub(crate) reason: String,
    /// The variable that shows it best.
    pub(crate) path: Option<Path>,
    /// The view that shows what is behind it.
    pub(crate) tab: Tab,
}

/// Variables that some lints look at, found by the shape of their names.
#[derive(Clone, Debug, Default)]
struct Special {
    /// What waits, and its bound.
    queues: Box<[(Path, Path)]>,
    /// Callers that wait for a pool, and the time they did.
    pools: Box<[(Path, Option<Path>)]>,
    retries: Box<[Path]>,
    breakers: Box<[Path]>,
}

/// The lints of one target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lints {
    /// The rules that hold or did, by their places; most hold none.
    standing: Vec<(u8, Standing)>,
    special: Special,
    pub(crate) locks: Locks,
}

/// A rule that holds, or did a moment ago.
#[derive(Clone, Debug)]
struct Standing {
    holds_since: At,
    last_held: At,
    fired: Option<At>,
    evidence: Evidence,
}

/// A lint that fires.
pub(crate) struct Finding<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) since: At,
    pub(crate) evidence: &'a Evidence,
}

/// A lint that fires, for those who print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name, for programs.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// The numbers, in a line.
    pub reason: String,
    /// The variable that shows it best.
    pub variable: Option<String>,
    /// The view of the console that shows what is behind it.
    pub view: &'static str,
}

impl Finding<'_> {
    /// For those who print it.
    pub(crate) fn found(&self) -> Found {
        Found {
            name: self.rule.name,
            title: self.rule.title,
            reason: self.evidence.reason.clone(),
            variable: self.evidence.path.as_ref().map(ToString::to_string),
            view: self.evidence.tab.title(),
        }
    }
}

impl Lints {
    /// Looks again for what the lints look at, after variables came or went.
    pub(crate) fn look_around(&mut self, variables: &Variables) {
        self.special = rules::special(variables);
    }

    /// Judges every rule at `now`, after a reading.
    pub(crate) fn judge(
        &mut self,
        variables: &Variables,
        facts: &Facts,
        offered: &[ProfileKind],
        now: At,
    ) {
        for (place, rule) in (0..).zip(RULES) {
            let at = self.standing.iter().position(|(of, _)| *of == place);
            let mut state = at.map(|at| self.standing.swap_remove(at).1);
            let seen = Seen {
                variables,
                facts,
                special: &self.special,
                locks: &self.locks,
                offered,
                now,
                firing: state.as_ref().is_some_and(|of| of.fired.is_some()),
            };
            let held = (rule.judge)(&seen);
            advance(rule, &mut state, held, now);
            self.standing.extend(state.map(|state| (place, state)));
        }
        self.standing.sort_by_key(|(place, _)| *place);
    }

    /// Forgets everything: the process is another one.
    pub(crate) fn restart(&mut self) {
        self.standing.clear();
        self.locks = Locks::default();
    }

    /// What fires.
    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding<'_>> {
        self.standing.iter().filter_map(|(place, standing)| {
            Some(Finding {
                rule: RULES.get(usize::from(*place))?,
                since: standing.fired?,
                evidence: &standing.evidence,
            })
        })
    }
}

fn advance(rule: &Rule, state: &mut Option<Standing>, held: Option<Evidence>, now: At) {
    match (held, state.as_mut()) {
        (Some(evidence), Some(standing)) => {
            standing.last_held = now;
            standing.evidence = evidence;
        }
        (Some(evidence), None) => {
            *state = Some(Standing {
                holds_since: now,
                last_held: now,
                fired: None,
                evidence,
            });
        }
        (None, Some(standing)) => {
            // What never fired is forgotten at once: it has to hold without a break.
            let patience = if standing.fired.is_some() {
                rule.until
            } else {
                Duration::ZERO
            };
            if now.saturating_sub(standing.last_held) >= patience {
                *state = None;
            }
        }
        (None, None) => {}
    }
    if let Some(standing) = state
        && standing.fired.is_none()
        && standing.last_held.saturating_sub(standing.holds_since) >= rule.after
    {
        standing.fired = Some(now);
    }
}
