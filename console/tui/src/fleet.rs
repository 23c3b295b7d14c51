//! The fleet: all targets in an order, those that match a filter, and which of their numbers stand out.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use cutaway_model::At;

use crate::field::Field;
use crate::health::Health;
use crate::matcher::Matcher;
use crate::state::State;
use crate::target::Target;
use crate::unit::Unit;
use crate::vitals::{Role, Vital};

/// The columns, the least important last.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Column {
    /// As they were given.
    #[default]
    Given,
    Name,
    State,
    Lints,
    Number(Role),
    Version,
    Restarts,
    Node,
}

impl Column {
    /// The order in which a key goes through them.
    pub(crate) const ALL: [Self; 13] = [
        Self::Given,
        Self::Name,
        Self::State,
        Self::Lints,
        Self::Number(Role::Requests),
        Self::Number(Role::Errors),
        Self::Number(Role::LatencyTail),
        Self::Number(Role::Memory),
        Self::Number(Role::Cpu),
        Self::Number(Role::Tasks),
        Self::Version,
        Self::Restarts,
        Self::Node,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Given => "given order",
            Self::Name => "target",
            Self::State => "state",
            Self::Lints => "lints",
            Self::Number(Role::Requests) => "requests",
            Self::Number(Role::Errors) => "errors",
            Self::Number(Role::LatencyTail) => "p99",
            Self::Number(Role::Memory) => "memory",
            Self::Number(Role::Cpu) => "CPU",
            Self::Number(_) => "tasks",
            Self::Version => "version",
            Self::Restarts => "restarts",
            Self::Node => "node",
        }
    }
}

/// How the fleet is looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet {
    pub(crate) sort: Column,
    pub(crate) reversed: bool,
    pub(crate) filter: Field,
    /// Whether it has the whole screen.
    pub(crate) whole: bool,
    table: Table,
}

/// What is worked out of all targets: a thousand of them are not gone through for every frame.
#[derive(Clone, Debug, Default)]
struct Table {
    at: At,
    order: Vec<usize>,
    spreads: Vec<(Role, Spread)>,
    failing: usize,
    linted: usize,
    gone: usize,
    /// The versions of those that are there, with how many there are of each.
    versions: BTreeMap<String, usize>,
    /// Whether there are pods among them.
    pods: bool,
}

/// With more targets than these the table is made anew less often.
const FEW: usize = 8;
/// How old it may become then.
const FRESH: Duration = Duration::from_millis(500);

impl Fleet {
    /// Sorts by the next column: numbers with the greatest first, names from A.
    pub(crate) fn next_sort(&mut self) {
        let there = |column: &Column| self.has(*column);
        let columns: Vec<Column> = Column::ALL.into_iter().filter(there).collect();
        let here = columns.iter().position(|column| *column == self.sort);
        self.sort = columns[here.map_or(0, |here| (here + 1) % columns.len())];
        self.reversed = false;
    }

    /// Whether there is anything to show in a column that not every fleet has.
    pub(crate) fn has(&self, column: Column) -> bool {
        match column {
            Column::Version => self.table.pods || self.table.versions.len() > 1,
            Column::Restarts | Column::Node => self.table.pods,
            _ => true,
        }
    }
}

/// Works out anew what is known of all targets: at once after a key or when the targets are others, else when it is old.
pub(crate) fn refresh(state: &mut State, at_once: bool) {
    let fleet = &state.live.fleet;
    let due = state.now.saturating_sub(fleet.table.at) >= FRESH || state.now < fleet.table.at;
    if at_once || due || state.targets.len() <= FEW {
        let failing = state.targets.iter().filter(|target| {
            let health = target.health(state.now, state.options.interval);
            matches!(health, Health::Failing { .. } | Health::Partial { .. })
        });
        let gone = |target: &&Target| {
            let health = target.health(state.now, state.options.interval);
            matches!(health, Health::Gone { .. })
        };
        let linted = |target: &&Target| target.lints.findings().next().is_some() && !gone(target);
        let mut versions = BTreeMap::new();
        for target in state.targets.iter().filter(|target| !gone(target)) {
            *versions.entry(target.version()).or_insert(0) += 1;
        }
        versions.remove("");
        state.live.fleet.table = Table {
            at: state.now,
            failing: failing.count(),
            linted: state.targets.iter().filter(linted).count(),
            gone: state.targets.iter().filter(gone).count(),
            versions,
            pods: state.targets.iter().any(|target| target.info.pod.is_some()),
            spreads: spreads_of(state),
            order: order_of(state),
        };
    }
}

/// The places of the targets to show, in the order to show them.
pub(crate) fn order(state: &State) -> &[usize] {
    &state.live.fleet.table.order
}

/// The spread of each number over the whole fleet.
pub(crate) fn spreads(state: &State) -> &[(Role, Spread)] {
    &state.live.fleet.table.spreads
}

/// How many targets fail, and how many have lints.
pub(crate) fn troubles(state: &State) -> (usize, usize) {
    let table = &state.live.fleet.table;
    (table.failing, table.linted)
}

/// How many went away.
pub(crate) fn gone(state: &State) -> usize {
    state.live.fleet.table.gone
}

/// The versions there are, with how many targets have each.
pub(crate) fn versions(state: &State) -> &BTreeMap<String, usize> {
    &state.live.fleet.table.versions
}

fn order_of(state: &State) -> Vec<usize> {
    let fleet = &state.live.fleet;
    let matcher = Matcher::new(fleet.filter.as_str());
    let fits = |target: &Target| {
        if matcher.is_everything() {
            return true;
        }
        let health = target.health(state.now, state.options.interval);
        let cause = cause(&health).unwrap_or_default();
        let lint = target.lints.findings().map(|finding| finding.rule.title);
        let lint = lint.collect::<Vec<_>>().join(" ");
        let node = target.info.pod.as_ref().map_or("", |pod| pod.node.as_str());
        matcher.matches(&format!(
            "{} {} {cause} {lint} {} {node}",
            target.info.name,
            health.word(),
            target.version()
        ))
    };
    let mut order: Vec<usize> = (0..state.targets.len())
        .filter(|at| fits(&state.targets[*at]))
        .collect();
    match fleet.sort {
        Column::Given => {}
        Column::Name => order.sort_by(|a, b| {
            state.targets[*a]
                .info
                .name
                .cmp(&state.targets[*b].info.name)
        }),
        Column::State => order.sort_by_cached_key(|at| severity(state, *at)),
        Column::Lints => order.sort_by_cached_key(|at| {
            std::cmp::Reverse(state.targets[*at].lints.findings().count())
        }),
        // Those of one version stand together, in the order given.
        Column::Version => order.sort_by_cached_key(|at| state.targets[*at].version()),
        Column::Restarts => order.sort_by_cached_key(|at| {
            let pod = state.targets[*at].info.pod.as_ref();
            std::cmp::Reverse(pod.map(|pod| pod.restarts))
        }),
        Column::Node => order.sort_by_cached_key(|at| {
            let pod = state.targets[*at].info.pod.as_ref();
            pod.map(|pod| pod.node.clone())
        }),
        Column::Number(role) => {
            let values: Vec<Option<f64>> = state
                .targets
                .iter()
                .map(|target| number(state, target, role))
                .collect();
            order.sort_by(|a, b| greater_first(values[*a], values[*b]));
        }
    }
    if fleet.reversed {
        order.reverse();
    }
    order
}

/// What is unknown comes last.
fn greater_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// What is worst comes first.
fn severity(state: &State, at: usize) -> u8 {
    match state.targets[at].health(state.now, state.options.interval) {
        Health::Failing { .. } => 0,
        Health::Partial { .. } => 1,
        Health::Stale { .. } => 2,
        Health::Waiting | Health::Starting { .. } => 3,
        Health::Live { .. } => 4,
        Health::Gone { .. } => 5,
    }
}

/// A key number of a target at the moment shown.
pub(crate) fn number(state: &State, target: &Target, role: Role) -> Option<f64> {
    target.vitals.of(role)?.last(target, state.shown())
}

/// Why something of a target cannot be read, or nothing yet, or nothing any more.
pub(crate) fn cause(health: &Health) -> Option<String> {
    match health {
        Health::Failing { trouble, .. } => Some(trouble.cause.to_string()),
        Health::Partial {
            source, trouble, ..
        } => Some(format!("{source}: {}", trouble.cause)),
        Health::Starting { why } | Health::Gone { why, .. } => Some(why.clone()),
        Health::Waiting | Health::Live { .. } | Health::Stale { .. } => None,
    }
}

/// What is usual for one number among all targets.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
    /// The median of the distances from the median.
    deviation: f64,
}

/// The fewest targets among which one can stand out.
const ENOUGH: usize = 5;
/// How many times the usual distance from the median is unusual; about 3.5 standard deviations of a normal distribution.
const UNUSUAL: f64 = 5.2;

impl Spread {
    /// Of these numbers, the unknown left out.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let middle = values.len() / 2;
        if values.is_empty() {
            return None;
        }
        let (min, max) = values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| {
                (min.min(*value), max.max(*value))
            });
        let median = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
        for value in &mut values {
            *value = (*value - median).abs();
        }
        let deviation = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
        Some(Self {
            count: values.len(),
            min,
            median,
            max,
            deviation,
        })
    }

    /// Whether `value` stands out: far from the median as others go, and by a quarter of it at least.
    pub(crate) fn is_outlier(&self, value: f64) -> bool {
        let distance = (value - self.median).abs();
        self.count >= ENOUGH
            && distance > self.deviation * UNUSUAL
            && distance > self.median.abs() / 4.0
            && distance > 0.0
    }
}

fn spreads_of(state: &State) -> Vec<(Role, Spread)> {
    if state.targets.len() < ENOUGH {
        return Vec::new();
    }
    let roles = Column::ALL.into_iter().filter_map(|column| match column {
        Column::Number(role) => Some(role),
        _ => None,
    });
    let spread = |role| {
        Some((
            role,
            Spread::of(
                state
                    .targets
                    .iter()
                    .filter_map(|target| number(state, target, role)),
            )?,
        ))
    };
    roles.filter_map(spread).collect()
}

/// A number of a target for people.
pub(crate) fn write(vital: &Vital, value: f64) -> String {
    match vital.unit {
        Unit::Count | Unit::PerSecond if value.abs() < 1e-9 => Unit::write(vital.unit, 0.0),
        unit => unit.write(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_far_from_the_others_stands_out() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied()).expect("numbers");
        let usual = spread(&[10.0, 11.0, 9.0, 10.5, 9.5, 100.0]);
        assert!(usual.is_outlier(100.0) && !usual.is_outlier(11.0));
        let same = spread(&[5.0; 8]);
        assert!(same.is_outlier(9.0) && !same.is_outlier(5.0) && !same.is_outlier(5.5));
        assert!(
            !spread(&[1.0, 1.0, 1.0, 900.0]).is_outlier(900.0),
            "too few"
        );
        assert_eq!(Spread::of([f64::NAN].into_iter()), None);
    }
}
