//! From captures to what is shown of them: normalised, filtered, and what 100 % stands for.

use std::sync::Arc;

use cutaway_model::{Profile, sanitize};
use profile::Filter;

use super::captures::Capture;
use super::filters::Filters;
use super::{Base, Compare};
use crate::flame::{Part, Shown, parts};
use crate::progress::Progress;

/// What is to be selected.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    /// The captures that are added up, newest first.
    pub(super) captures: Vec<Capture>,
    pub(super) base: Option<Base>,
    pub(super) compare: Compare,
    pub(super) filters: Filters,
    /// The kind of value shown, if another than the default was chosen.
    pub(super) sample_type: Option<String>,
}

/// What is shown, and what there is to say about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) shown: Shown,
    /// What percentages are of: all samples before filters; in a comparison, those of the base.
    pub(crate) whole: i64,
    /// What the samples shown add up to, those of the base left out.
    pub(crate) total: i64,
    /// What could not be done, safe for the screen.
    pub(crate) complaint: Option<String>,
    /// How it is compared …
    pub(crate) compare: Compare,
    /// … and with what, if there is anything.
    pub(super) base: Option<Base>,
    /// The captures that are added up, newest first.
    pub(super) captures: Vec<Capture>,
    pub(super) sample_type: Option<String>,
}

impl Recipe {
    /// How many samples it is about.
    pub(super) fn samples(&self) -> usize {
        samples(&self.captures, self.base.as_ref())
    }
}

fn samples(captures: &[Capture], base: Option<&Base>) -> usize {
    let base = base.into_iter().flat_map(|base| &base.profiles);
    let profiles = captures.iter().map(|capture| &capture.profile).chain(base);
    profiles
        .map(|profile| profile.samples.len())
        .fold(0, usize::saturating_add)
}

impl Selection {
    /// How many samples it is about.
    pub(super) fn samples(&self) -> usize {
        samples(&self.captures, self.base.as_ref())
    }

    /// Adds up what the captures' samples measure, if nobody has.
    pub(super) fn add_up(&self) {
        self.captures.iter().for_each(Capture::add_up);
    }

    /// It takes a step of `progress` for each sample.
    pub(super) fn new(recipe: Recipe, progress: &Progress) -> Self {
        let samples = recipe.samples();
        let Recipe {
            captures,
            base: earlier,
            compare,
            filters,
            sample_type,
        } = recipe;
        let now: Vec<Arc<Profile>> = captures
            .iter()
            .map(|capture| Arc::clone(&capture.profile))
            .collect();
        let base: &[Arc<Profile>] = earlier.as_ref().map_or(&[], |base| &base.profiles);
        let mut complaint = None;
        let mut complain = |words: String| {
            complaint = Some(sanitize(&words).into_owned());
        };
        let now = match compare {
            Compare::Shares if !base.is_empty() => match normalized(&now, base) {
                Ok(scaled) => vec![Arc::new(scaled)],
                Err(error) => {
                    complain(format!("cannot compare shares: {error}"));
                    now
                }
            },
            _ => now,
        };
        let mut shown = Shown {
            now: parts(&now, sample_type.as_deref()),
            base: parts(base, sample_type.as_deref()),
        };
        let whole = reference_total(&shown);
        match filters.compile() {
            Ok(None) => {}
            Ok(Some(filter)) => {
                let unmatched = apply(&filter, &mut shown);
                if !unmatched.is_empty() {
                    complain(format!("{} matched nothing", unmatched.join(", ")));
                }
            }
            Err(error) => complain(error.to_string()),
        }
        progress.step(samples);
        Self {
            total: shown
                .now
                .iter()
                .map(|part| part.profile.total(part.index))
                .fold(0, i64::saturating_add),
            shown,
            whole,
            complaint,
            compare,
            base: earlier,
            captures,
            sample_type,
        }
    }
}

fn normalized(now: &[Arc<Profile>], base: &[Arc<Profile>]) -> Result<Profile, profile::Error> {
    let merged = |all: &[Arc<Profile>]| {
        let all: Vec<&Profile> = all.iter().map(Arc::as_ref).collect();
        Profile::merge(&all)
    };
    merged(now)?.normalized(&merged(base)?)
}

/// What 100 % stands for, as `go tool pprof` takes it.
fn reference_total(shown: &Shown) -> i64 {
    let sum = |parts: &[Part]| {
        let totals = parts
            .iter()
            .map(|part| part.profile.reference_total(part.index));
        totals.fold(0, i64::saturating_add)
    };
    match sum(&shown.base) {
        0 => sum(&shown.now),
        base => base,
    }
}

/// Filters every profile. Answers which filters matched in none.
fn apply(filter: &Filter, shown: &mut Shown) -> Vec<&'static str> {
    let mut unmatched: Option<Vec<&'static str>> = None;
    for part in shown.now.iter_mut().chain(&mut shown.base) {
        let mut profile = Profile::clone(&part.profile);
        let without = profile.filter(filter);
        part.profile = Arc::new(profile);
        match &mut unmatched {
            None => unmatched = Some(without),
            Some(so_far) => so_far.retain(|option| without.contains(option)),
        }
    }
    unmatched.unwrap_or_default()
}
