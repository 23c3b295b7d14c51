//! What a target's mutex profile says about waiting for locks, from one capture to the next.

use std::collections::HashMap;
use std::time::Duration;

use cutaway_model::{At, Profile, sanitize};
use profile::LabelValue;

/// A capture older than this says nothing about the present.
const FRESH: Duration = Duration::from_secs(20);

/// What was waited for locks, as counted by the profile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks {
    /// When it was last asked for.
    pub(crate) asked: Option<At>,
    before: Option<(At, HashMap<String, i64>)>,
    waited: Option<Waited>,
}

/// Waiting between two captures.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waited {
    at: At,
    /// Seconds waited per second: so many wait at any time.
    pub(crate) per_second: f64,
    /// The function that makes others wait most, and its share.
    pub(crate) function: String,
    pub(crate) share: f64,
}

impl Locks {
    /// Takes in a capture.
    pub(crate) fn take(&mut self, at: At, profile: &Profile) {
        let now = by_function(profile);
        if let Some((then, before)) = &self.before {
            self.waited = difference(at, at.saturating_sub(*then), before, &now);
        }
        self.before = Some((at, now));
    }

    /// What was waited lately.
    pub(crate) fn waited(&self, now: At) -> Option<&Waited> {
        self.waited
            .as_ref()
            .filter(|waited| now.saturating_sub(waited.at) <= FRESH)
    }
}

/// Nanoseconds waited because of each function.
fn by_function(profile: &Profile) -> HashMap<String, i64> {
    let mut totals = HashMap::new();
    let delay = profile
        .sample_types
        .iter()
        .position(|of| of.unit == "nanoseconds");
    let Some(delay) = delay else { return totals };
    for sample in profile.samples.iter().filter(|sample| is_lock(sample)) {
        let total = totals.entry(function(profile, sample)).or_insert(0_i64);
        *total = total.saturating_add(sample.value(delay));
    }
    totals
}

/// Whether a lock was waited for. A channel makes its senders wait on purpose, and so does a semaphore; pools have their
/// own lint. Where the kind is not told, as in Go, there are only locks.
fn is_lock(sample: &profile::Sample) -> bool {
    let other = |label: &profile::Label| {
        let kind = match &label.value {
            LabelValue::Text(kind) => &**kind,
            LabelValue::Number(..) => "",
        };
        &*label.key == "kind" && matches!(kind, "channel" | "semaphore")
    };
    !sample.labels.iter().any(other)
}

/// The innermost function that is not the lock's own.
fn function(profile: &Profile, sample: &profile::Sample) -> String {
    let locations = sample
        .locations
        .iter()
        .filter_map(|at| profile.locations.get(*at as usize));
    let names = locations
        .flat_map(|location| &location.lines)
        .filter_map(|line| profile.functions.get(line.function as usize))
        .map(|function| &*function.name);
    let mut innermost = None;
    for name in names {
        innermost = innermost.or(Some(name));
        if !is_of_locks(name) {
            return sanitize(name).into_owned();
        }
    }
    innermost.map_or_else(|| "?".to_owned(), |name| sanitize(name).into_owned())
}

fn is_of_locks(name: &str) -> bool {
    const OF_LOCKS: [&str; 8] = [
        "sync::",
        "sync.",
        "<sync",
        "core::",
        "std::",
        "runtime.",
        "internal/",
        "<core",
    ];
    OF_LOCKS.iter().any(|prefix| name.starts_with(prefix))
}

fn difference(
    at: At,
    span: Duration,
    before: &HashMap<String, i64>,
    now: &HashMap<String, i64>,
) -> Option<Waited> {
    let grown = now
        .iter()
        .map(|(name, total)| (name, total - before.get(name).unwrap_or(&0)))
        .filter(|(_, grown)| *grown > 0);
    let grown: Vec<(&String, i64)> = grown.collect();
    let total: i64 = grown.iter().map(|(_, grown)| *grown).sum();
    let (name, most) = grown.into_iter().max_by_key(|(_, grown)| *grown)?;
    (!span.is_zero()).then(|| Waited {
        at,
        per_second: total as f64 / span.as_nanos() as f64,
        function: name.clone(),
        share: most as f64 / total as f64,
    })
}
