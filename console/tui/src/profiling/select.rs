//! From captures to what is shown of them: normalised, filtered, and what 100 % stands for.

use std::sync::Arc;

use cutaway_model::{Profile, sanitize};
use profile::Filter;

use super::Compare;
use super::filters::Filters;
use crate::flame::{Part, Shown, parts};

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
}

impl Selection {
    /// Of `now`, taken away `base`.
    pub(super) fn new(
        now: Vec<Arc<Profile>>,
        base: &[Arc<Profile>],
        compare: Compare,
        filters: &Filters,
        sample_type: Option<&str>,
    ) -> Self {
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
            now: parts(&now, sample_type),
            base: parts(base, sample_type),
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
        Self {
            total: shown
                .now
                .iter()
                .map(|part| part.profile.total(part.index))
                .fold(0, i64::saturating_add),
            shown,
            whole,
            complaint,
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
