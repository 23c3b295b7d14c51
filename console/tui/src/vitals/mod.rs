//! A target's key numbers, chosen from whatever it publishes: ours, Go's, or Prometheus text.
//!
//! Each is looked for under the names that programs commonly give it ([`rules`]). What no name fits stays in the tree of
//! variables; places left over go to the target's own counters, then to the memory's and the collector's numbers.

mod choice;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cutaway_model::{At, Entry, Path, Series, Source};

use crate::draw::chart::Window;
use crate::target::Target;
use crate::unit::Unit;
use crate::variable::Variable;

/// The most there are of a target.
pub(crate) const LIMIT: usize = 12;

/// A target's variables.
pub(crate) type Variables = BTreeMap<Path, Variable>;

/// A target's key numbers, the most important first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vitals {
    pub(crate) list: Vec<Vital>,
    /// The shape of the target that they were chosen for.
    shape: Option<u64>,
}

/// One key number and its history.
#[derive(Clone, Debug)]
pub(crate) struct Vital {
    pub(crate) role: Role,
    pub(crate) title: String,
    pub(crate) unit: Unit,
    pub(crate) source: Source,
    /// Its value at each reading of its source; empty where it mirrors one variable, whose history says the same.
    pub(crate) series: Series,
    how: How,
}

/// What a key number stands for; the fleet's table has a column for some.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Requests,
    Errors,
    LatencyMedian,
    LatencyTail,
    LatencyMean,
    InFlight,
    Tasks,
    Memory,
    Cpu,
    Other,
}

/// How it is computed from variables.
#[derive(Clone, Debug, PartialEq)]
enum How {
    /// The sum of their values.
    Sum(Vec<Path>),
    /// The sum of their growths per second, times a factor.
    Rate(Vec<Path>, f64),
    /// Growth of the first by growth of the second: the mean of what came in since the reading before.
    Mean(Vec<Path>, Vec<Path>),
}

/// Notes the key numbers at `at`, after a reading of `source`; chooses them anew when variables came or went.
pub(crate) fn refresh(target: &mut Target, source: Source, at: At, history: usize) {
    if target.vitals.shape != Some(target.shape) {
        choose_again(target, history);
    }
    for vital in target
        .vitals
        .list
        .iter_mut()
        .filter(|vital| vital.source == source && vital.mirrored().is_none())
    {
        match vital.how.value(&target.variables) {
            Some(value) => vital.series.push(at, value),
            None => vital.series.gap(at),
        }
    }
}

/// What was chosen before keeps its history.
fn choose_again(target: &mut Target, history: usize) {
    let mut list = choice::of(&target.variables, history);
    for vital in &mut list {
        if let Some(old) = target
            .vitals
            .list
            .iter_mut()
            .find(|old| old.how == vital.how)
        {
            std::mem::swap(&mut old.series, &mut vital.series);
        }
    }
    target.vitals = Vitals {
        list,
        shape: Some(target.shape),
    };
}

impl Vitals {
    pub(crate) fn of(&self, role: Role) -> Option<&Vital> {
        self.list.iter().find(|vital| vital.role == role)
    }
}

impl Vital {
    /// Its history for a chart of `window`.
    pub(crate) fn entries(&self, target: &Target, window: Window) -> Vec<Entry> {
        let variable = self.mirrored().map(|(path, _)| target.variables.get(path));
        match (variable, &self.how) {
            (None, _) => self.series.iter(window.entries()).collect(),
            (Some(None), _) => Vec::new(),
            (Some(Some(variable)), How::Rate(_, factor)) => {
                let rates = variable.series.rates(window.entries());
                rates.map(|entry| scaled(entry, *factor)).collect()
            }
            (Some(Some(variable)), _) => variable.series.iter(window.entries()).collect(),
        }
    }

    /// The newest value until then, unless it became unknown.
    pub(crate) fn last(&self, target: &Target, until: At) -> Option<f64> {
        let Some((path, factor)) = self.mirrored() else {
            return self.series.entry_until(until)?.value();
        };
        let series = &target.variables.get(path)?.series;
        match factor {
            Some(factor) => series.rate_until(until).map(|rate| rate * factor),
            None => series.entry_until(until)?.value(),
        }
    }

    /// The one variable that it shows: its value, or its growth per second times a factor.
    fn mirrored(&self) -> Option<(&Path, Option<f64>)> {
        match &self.how {
            How::Sum(paths) if paths.len() == 1 => Some((&paths[0], None)),
            How::Rate(paths, factor) if paths.len() == 1 => Some((&paths[0], Some(*factor))),
            _ => None,
        }
    }

    /// Whether it says the same as this variable alone.
    pub(crate) fn is(&self, path: &Path) -> bool {
        match &self.how {
            How::Sum(paths) => paths[..] == [path.clone()],
            How::Rate(paths, factor) => {
                paths[..] == [path.clone()] && (factor - 1.0).abs() < f64::EPSILON
            }
            How::Mean(..) => false,
        }
    }

    /// The variable to look at for more.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.how {
            How::Sum(paths) | How::Rate(paths, _) | How::Mean(paths, _) => paths.first(),
        }
    }
}

impl How {
    fn value(&self, variables: &Variables) -> Option<f64> {
        match self {
            Self::Sum(paths) => total(paths, |path| variables.get(path)?.present_number()),
            Self::Rate(paths, factor) => rate(variables, paths).map(|rate| rate * factor),
            Self::Mean(sums, counts) => {
                let count = rate(variables, counts).filter(|count| *count > 0.0)?;
                Some(rate(variables, sums)? / count)
            }
        }
    }
}

fn scaled(entry: Entry, factor: f64) -> Entry {
    match entry {
        Entry::Sample { at, value } => Entry::Sample {
            at,
            value: value * factor,
        },
        other => other,
    }
}

fn rate(variables: &Variables, paths: &[Path]) -> Option<f64> {
    total(paths, |path| variables.get(path)?.series.rate())
}

/// The sum of those that are known; `None` when none is.
fn total(paths: &[Path], value: impl Fn(&Path) -> Option<f64>) -> Option<f64> {
    paths
        .iter()
        .filter_map(value)
        .fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
}
