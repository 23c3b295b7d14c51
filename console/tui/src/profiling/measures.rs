//! What is measured, and what it adds up to.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Profile, sanitize};

use super::captures::Capture;
use super::{KEEPS, Profiling};
use crate::flame::index_of;
use crate::unit::Unit;

impl Profiling {
    /// Adds up more or fewer captures.
    pub(crate) fn change_keep(&mut self, more: bool) {
        let next = if more {
            self.keep + 1
        } else {
            self.keep.saturating_sub(1)
        };
        self.keep = next.min(KEEPS.len() - 1);
        self.refresh();
    }

    /// Shows the next kind of value the profile has.
    pub(crate) fn next_sample_type(&mut self) {
        let Some(newest) = self.captures.last() else {
            return;
        };
        let types = &newest.profile.sample_types;
        let current = index_of(&newest.profile, self.sample_type.as_deref());
        let next = types.get((current + 1) % types.len().max(1));
        self.sample_type = next.map(|next| next.kind.clone());
        self.refresh();
    }

    /// Shows the kind of value of that name, if the profile has it.
    pub(crate) fn choose_sample_type(&mut self, kind: &str) {
        self.sample_type = Some(kind.to_owned());
        self.refresh();
    }

    /// When the newest capture shown was complete.
    pub(crate) fn last(&self) -> Option<At> {
        self.captures().next().map(|capture| capture.at)
    }

    /// How many captures are added up.
    pub(crate) fn count(&self) -> usize {
        self.captures().count()
    }

    /// How many would be.
    pub(crate) fn wanted(&self) -> usize {
        if self.adds_up() { KEEPS[self.keep] } else { 1 }
    }

    /// The time the captures shown cover together; zero for moments.
    pub(crate) fn covered(&self) -> Duration {
        let nanos = self
            .captures()
            .map(|capture| u64::try_from(capture.profile.duration_nanos).unwrap_or(0));
        Duration::from_nanos(nanos.fold(0, u64::saturating_add))
    }

    /// How many stacks were sampled.
    pub(crate) fn stacks(&self) -> i64 {
        let count = |capture: &Capture| {
            let mut types = capture.profile.sample_types.iter();
            let counted = types.position(|of| of.unit == "count" && of.kind == "samples");
            match counted.and_then(|index| capture.totals().get(index)) {
                Some(total) => *total,
                None => capture.profile.samples.len() as i64,
            }
        };
        self.captures().map(count).fold(0, i64::saturating_add)
    }

    /// What is measured, as the profile calls it, and in which unit.
    pub(crate) fn measure(&self) -> Option<(&str, Unit)> {
        let profile = &self.captures().next()?.profile;
        let chosen = self.selection.sample_type.as_deref();
        let of = profile.sample_types.get(index_of(profile, chosen))?;
        Some((&of.kind, unit_of(of)))
    }

    /// The profiles shown and those of the base, filtered: what an export contains.
    pub(crate) fn profiles(&self) -> [Vec<Arc<Profile>>; 2] {
        let shown = &self.selection.shown;
        [&shown.now, &shown.base].map(|parts| {
            let profiles = parts.iter().map(|part| Arc::clone(&part.profile));
            profiles.collect()
        })
    }

    /// Totals of everything the newest capture measures: what is in use, what was allocated.
    pub(crate) fn totals(&self) -> Vec<(String, i64, Unit)> {
        let Some(newest) = self.captures().next() else {
            return Vec::new();
        };
        let types = newest.profile.sample_types.iter().zip(newest.totals());
        let total = |(of, total): (&profile::ValueType, &i64)| {
            let name = sanitize(&of.kind).into_owned();
            (name, *total, unit_of(of))
        };
        types.map(total).collect()
    }
}

fn unit_of(of: &profile::ValueType) -> Unit {
    match of.unit.as_str() {
        "nanoseconds" => Unit::Nanos,
        "seconds" => Unit::Seconds,
        "bytes" => Unit::Bytes,
        _ => Unit::Count,
    }
}
