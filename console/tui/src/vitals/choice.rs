//! Choosing key numbers by the names of variables.

use std::collections::HashSet;

use cutaway_model::{Path, Series, Source, sanitize};

use super::rules::{self, Rule, Use};
use super::{How, LIMIT, Role, Variables, Vital};
use crate::unit::Unit;
use crate::variable::Variable;

/// The most variables that one key number is the sum of.
const PARTS: usize = 64;

/// The key numbers of `variables`, the most important first, without history yet.
pub(super) fn of(variables: &Variables, history: usize) -> Vec<Vital> {
    let numeric = variables
        .iter()
        .filter(|(_, variable)| variable.is_numeric());
    let named: Vec<Named<'_>> = numeric
        .map(|(path, variable)| Named::new(path, variable))
        .collect();
    let mut choice = Choice {
        named: &named,
        used: HashSet::new(),
        list: Vec::new(),
        history,
    };
    for rule in rules::SERVICE {
        choice.apply(rule);
    }
    choice.add_own(true);
    choice.add_own(false);
    for rule in rules::FILLERS {
        choice.apply(rule);
    }
    choice.list
}

/// The choice in the making.
struct Choice<'a> {
    named: &'a [Named<'a>],
    used: HashSet<&'a Path>,
    list: Vec<Vital>,
    history: usize,
}

/// A numeric variable and, for each depth of its path, the names up to there, in lower case, joined by dots.
struct Named<'a> {
    path: &'a Path,
    variable: &'a Variable,
    names: Vec<String>,
}

/// Variables under one name.
struct Group<'a> {
    members: Vec<&'a Named<'a>>,
    /// How many segments of their paths are the name.
    depth: usize,
}

/// What a rule led to.
struct Found<'a> {
    title: String,
    unit: Unit,
    source: Source,
    parts: Vec<&'a Path>,
    how: How,
}

impl<'a> Choice<'a> {
    fn apply(&mut self, rule: &Rule) {
        let there =
            rule.role != Role::Other && self.list.iter().any(|vital| vital.role == rule.role);
        let found = rule
            .names
            .iter()
            .filter(|_| !there)
            .find_map(|name| self.find(rule, name));
        if let Some(found) = found {
            self.add(rule.role, found);
        }
    }

    fn add(&mut self, role: Role, found: Found<'a>) {
        if self.list.len() >= LIMIT || found.parts.iter().any(|part| self.used.contains(part)) {
            return;
        }
        self.used.extend(found.parts);
        self.list.push(Vital {
            role,
            title: sanitize(&found.title).into_owned(),
            unit: found.unit,
            source: found.source,
            series: Series::new(self.history),
            how: found.how,
        });
    }

    /// The program's own variables, those with short paths: first what it counts, then the rest.
    fn add_own(&mut self, growing: bool) {
        let deepest = if growing { 2 } else { 1 };
        let short = self
            .named
            .iter()
            .filter(|named| named.names.len() <= deepest && named.is_own());
        let mut own: Vec<&Named<'_>> = short
            .filter(|named| named.variable.grows() == growing)
            .collect();
        // What never happened is less telling than what did.
        own.sort_by_key(|named| match named.variable.present_number() {
            Some(value) => value == 0.0 || !value.is_finite(),
            None => false,
        });
        for named in own {
            let title = named.path.segments().join(" ");
            let found = if growing {
                rate(&title, &[named], 1.0)
            } else {
                sum(&title, &[named])
            };
            if let Some(found) = found {
                self.add(Role::Other, found);
            }
        }
    }

    fn find(&self, rule: &Rule, name: &str) -> Option<Found<'a>> {
        let title = rule.title;
        let group = Group::find(self.named, name);
        match rule.use_as {
            Use::Rate => rate(title, &group?.counters(), 1.0),
            Use::Busy => busy(title, &group?.counters()),
            Use::Value => sum(title, &group.filter(Group::is_one_variable)?.members),
            Use::Sum => sum(title, &group?.members),
            Use::Quantile(marks) => self.quantile(title, &group?, marks),
            Use::Mean => {
                let part = |suffix| {
                    let names = [format!("{name}_{suffix}"), format!("{name}.{suffix}")];
                    names.iter().find_map(|name| Group::find(self.named, name))
                };
                mean(title, &part("sum")?.counters(), &part("count")?.counters())
            }
        }
    }

    /// The quantile of the whole, or of the busiest part.
    fn quantile(&self, title: &str, group: &Group<'a>, marks: &[&str]) -> Option<Found<'a>> {
        let fits = |named: &&&Named<'a>| {
            marks
                .iter()
                .any(|mark| is_quantile(named.path.name(), mark))
        };
        let quantiles: Vec<&Named<'a>> = group.members.iter().filter(fits).copied().collect();
        let shallowest = quantiles.iter().map(|named| named.names.len()).min()?;
        let level = quantiles
            .into_iter()
            .filter(|named| named.names.len() == shallowest);
        let busiest = level.max_by(|a, b| self.uses(a).total_cmp(&self.uses(b)))?;
        let part = busiest
            .path
            .segments()
            .get(group.depth..shallowest - 1)
            .unwrap_or_default()
            .join(" ");
        let title = if part.is_empty() {
            title.to_owned()
        } else {
            format!("{title} {part}")
        };
        sum(&title, &[busiest])
    }

    /// How often the histogram that a quantile belongs to was used.
    fn uses(&self, quantile: &Named<'_>) -> f64 {
        let count = quantile
            .path
            .segments()
            .split_last()
            .map(|(_, around)| [around, &["count".into()]].concat());
        let count = count.and_then(|path| {
            self.named
                .iter()
                .find(|named| named.path.segments() == path)
        });
        count
            .and_then(|named| named.variable.present_number())
            .unwrap_or(0.0)
    }
}

impl<'a> Group<'a> {
    /// The variables that `name` fits best: it is their name, ends it, or names an object around them.
    fn find(named: &'a [Named<'a>], name: &str) -> Option<Self> {
        let fits = named
            .iter()
            .filter_map(|named| Some((named.fit(name)?, named)));
        let ((_, depth), first) = fits.min_by_key(|(fit, named)| (*fit, named.path))?;
        let prefix = &first.path.segments()[..depth];
        let members = named
            .iter()
            .filter(|named| named.path.segments().starts_with(prefix))
            .collect();
        Some(Self { members, depth })
    }

    fn is_one_variable(&self) -> bool {
        self.members.len() == 1 && self.members[0].names.len() == self.depth
    }

    /// The counters among them: of an object that has a total, only that. A single variable is taken for one as long as
    /// it was never seen to fall: the rule that looks for it knows what it is.
    fn counters(&self) -> Vec<&'a Named<'a>> {
        if self.is_one_variable() {
            return self
                .members
                .iter()
                .filter(|named| !named.variable.fell())
                .copied()
                .collect();
        }
        let counters = self
            .members
            .iter()
            .filter(|named| named.variable.grows())
            .copied();
        let counters: Vec<_> = counters.collect();
        match counters
            .iter()
            .find(|named| matches!(named.path.name(), "total" | "count"))
        {
            Some(total) => vec![*total],
            None => counters,
        }
    }
}

impl<'a> Named<'a> {
    fn new(path: &'a Path, variable: &'a Variable) -> Self {
        let mut names: Vec<String> = Vec::with_capacity(path.segments().len());
        for segment in path.segments() {
            let name = segment.split('{').next().unwrap_or_default().to_lowercase();
            let name = match names.last() {
                Some(around) if !name.is_empty() => format!("{around}.{name}"),
                Some(around) => around.clone(),
                None => name,
            };
            names.push(name);
        }
        Self {
            path,
            variable,
            names,
        }
    }

    /// How well `name` fits, less being better, and how deep it reaches.
    fn fit(&self, name: &str) -> Option<(u8, usize)> {
        let fits = self
            .names
            .iter()
            .zip(1..)
            .filter_map(|(own, depth)| Some((fit(own, name)?, depth)));
        fits.min()
            .filter(|_| !self.names[0].starts_with("promhttp"))
    }

    /// Whether it is a number of the program's own and not a part of a histogram.
    fn is_own(&self) -> bool {
        let part = |ending: &str| self.names[0].ends_with(ending);
        let of_histogram = self.names.len() > 1 && matches!(self.path.name(), "count" | "sum")
            || part("_count")
            || part("_sum")
            || part("_bucket");
        let of_runtime = |runtime: &&str| self.names[0].starts_with(*runtime);
        !of_histogram && !rules::RUNTIME.iter().any(of_runtime)
    }
}

/// 0: it is the name. 1: the last of several. 2: the end of a longer one.
fn fit(own: &str, name: &str) -> Option<u8> {
    match own.strip_suffix(name)? {
        "" => Some(0),
        before if before.ends_with('.') => Some(1),
        before if before.ends_with('_') => Some(2),
        _ => None,
    }
}

/// `p99`, or the label of a Prometheus summary.
fn is_quantile(name: &str, mark: &str) -> bool {
    name == mark || name.contains(&format!("quantile=\"{mark}\""))
}

fn rate<'a>(title: &str, counters: &[&'a Named<'a>], factor: f64) -> Option<Found<'a>> {
    let unit = counters.first()?.variable.unit.per_second();
    found(title, unit, counters, |paths| How::Rate(paths, factor))
}

fn busy<'a>(title: &str, counters: &[&'a Named<'a>]) -> Option<Found<'a>> {
    let nanos = counters.first()?.variable.unit == Unit::Nanos;
    let factor = if nanos { 1e-9 } else { 1.0 };
    found(title, Unit::Cores, counters, |paths| {
        How::Rate(paths, factor)
    })
}

fn sum<'a>(title: &str, gauges: &[&'a Named<'a>]) -> Option<Found<'a>> {
    found(title, gauges.first()?.variable.unit, gauges, How::Sum)
}

fn mean<'a>(title: &str, sums: &[&'a Named<'a>], counts: &[&'a Named<'a>]) -> Option<Found<'a>> {
    let counts = counts
        .iter()
        .take(PARTS)
        .map(|named| named.path.clone())
        .collect();
    found(title, sums.first()?.variable.unit, sums, |sums| {
        How::Mean(sums, counts)
    })
}

fn found<'a>(
    title: &str,
    unit: Unit,
    named: &[&'a Named<'a>],
    how: impl FnOnce(Vec<Path>) -> How,
) -> Option<Found<'a>> {
    let source = named.first()?.variable.source;
    let parts: Vec<&Path> = named.iter().take(PARTS).map(|named| named.path).collect();
    let how = how(parts.iter().copied().cloned().collect());
    Some(Found {
        title: title.to_owned(),
        unit,
        source,
        parts,
        how,
    })
}
