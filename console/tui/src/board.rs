//! The board: which charts hang on it.

use std::collections::BTreeSet;

use cutaway_model::Path;

use crate::target::Target;
use crate::vitals::{Role, Vital};

/// How many key numbers hang on a board at first.
const AT_FIRST: usize = 6;
/// Those that go before others.
const FIRST: [Role; 6] = [
    Role::Requests,
    Role::Errors,
    Role::LatencyMean,
    Role::LatencyTail,
    Role::Memory,
    Role::Cpu,
];

/// The pins, the same for all targets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    /// Variables that were pinned, in that order.
    pins: Vec<Path>,
    /// Whether the target's key numbers hang there as well.
    defaults: bool,
    /// Titles of key numbers that were taken off.
    removed: BTreeSet<String>,
    /// The selected chart.
    pub(crate) cursor: usize,
}

/// A chart on the board of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    /// One of its key numbers, by its index.
    Vital(usize),
    /// A variable.
    Variable(Path),
}

impl Board {
    /// With these pins; without any, the key numbers.
    pub(crate) fn new(pins: Vec<Path>) -> Self {
        Self {
            defaults: pins.is_empty(),
            pins,
            ..Self::default()
        }
    }

    /// The charts for a target: pinned variables that it has, then key numbers.
    pub(crate) fn charts(&self, target: &Target) -> Vec<Pin> {
        let pinned = self
            .pins
            .iter()
            .filter(|path| target.variables.contains_key(*path));
        let mut charts: Vec<Pin> = pinned.cloned().map(Pin::Variable).collect();
        if self.defaults {
            let vitals = &target.vitals.list;
            let mut first: Vec<usize> = (0..vitals.len()).collect();
            first.sort_by_key(|index| !FIRST.contains(&vitals[*index].role));
            first.truncate(AT_FIRST);
            first.sort_unstable();
            let hangs = |vital: &Vital| {
                !self.removed.contains(&vital.title) && !self.pins.iter().any(|pin| vital.is(pin))
            };
            let kept = first.into_iter().filter(|index| hangs(&vitals[*index]));
            charts.extend(kept.map(Pin::Vital));
        }
        charts
    }

    pub(crate) fn is_pinned(&self, path: &Path) -> bool {
        self.pins.contains(path)
    }

    /// Pins a variable, or takes it off.
    pub(crate) fn toggle(&mut self, path: &Path) {
        match self.pins.iter().position(|pin| pin == path) {
            Some(pinned) => drop(self.pins.remove(pinned)),
            None => self.pins.push(path.clone()),
        }
    }

    /// Takes the selected chart off.
    pub(crate) fn remove_selected(&mut self, target: &Target) {
        let charts = self.charts(target);
        match charts.get(self.cursor) {
            Some(Pin::Variable(path)) => self.pins.retain(|pin| pin != path),
            Some(Pin::Vital(index)) => self.removed.extend(
                target
                    .vitals
                    .list
                    .get(*index)
                    .map(|vital| vital.title.clone()),
            ),
            None => {}
        }
        self.cursor = self.cursor.min(charts.len().saturating_sub(2));
    }

    /// Pins of variables that `target` does not have.
    pub(crate) fn absent<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a Path> {
        self.pins
            .iter()
            .filter(|path| !target.variables.contains_key(*path))
    }
}

impl Pin {
    /// The variable to look at for more.
    pub(crate) fn path<'a>(&'a self, target: &'a Target) -> Option<&'a Path> {
        match self {
            Self::Variable(path) => Some(path),
            Self::Vital(index) => target.vitals.list.get(*index)?.path(),
        }
    }
}
