//! The profile on the screen: captures of one kind from one target, the newest of them added up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Cause, Profile, ProfileKind, TargetId};

use crate::field::Field;
use crate::flame::{Flame, Table};
use crate::matcher::Matcher;
use crate::unit::Unit;

/// Captures, and how they are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Profiling {
    /// Which profile.
    pub(crate) kind: ProfileKind,
    /// Whose the captures are.
    owner: Option<TargetId>,
    /// The newest, oldest first.
    captures: VecDeque<Capture>,
    /// The capture under way: since when, and how long it takes.
    pub(crate) started: Option<(At, Duration)>,
    /// Why the newest attempt gave nothing.
    pub(crate) failure: Option<(At, Cause)>,
    /// Index into [`KEEPS`].
    keep: usize,
    /// The kind of value shown, if another than the default was chosen.
    sample_type: Option<String>,
    /// Whether library frames are folded.
    pub(crate) fold: bool,
    /// Whether the root is at the bottom.
    pub(crate) upwards: bool,
    /// Whether the table is shown instead of the graph.
    pub(crate) tabular: bool,
    pub(crate) search: Field,
    pub(crate) flame: Flame,
    pub(crate) table: Table,
}

#[derive(Clone, Debug)]
struct Capture {
    at: At,
    profile: Arc<Profile>,
}

/// How many captures may be added up.
const KEEPS: [usize; 5] = [1, 2, 5, 10, 20];
/// The most samples kept of all captures; the newest capture is kept whatever its size.
const MAX_SAMPLES: usize = 200_000;

impl Default for Profiling {
    fn default() -> Self {
        Self {
            kind: ProfileKind::Cpu,
            owner: None,
            captures: VecDeque::new(),
            started: None,
            failure: None,
            keep: 2,
            sample_type: None,
            fold: true,
            upwards: false,
            tabular: false,
            search: Field::default(),
            flame: Flame::default(),
            table: Table::default(),
        }
    }
}

impl Profiling {
    /// Turns to another target or kind: what was captured of the one before is dropped.
    pub(crate) fn turn_to(&mut self, target: TargetId, kind: ProfileKind) {
        if self.owner == Some(target) && self.kind == kind {
            return;
        }
        self.owner = Some(target);
        self.kind = kind;
        self.captures.clear();
        (self.started, self.failure, self.sample_type) = (None, None, None);
        self.refresh();
    }

    /// Whether a message about this profile is about the one shown.
    pub(crate) fn is_about(&self, target: TargetId, kind: ProfileKind) -> bool {
        self.owner == Some(target) && self.kind == kind
    }

    pub(crate) fn captured(&mut self, at: At, profile: Arc<Profile>) {
        (self.started, self.failure) = (None, None);
        self.captures.push_back(Capture { at, profile });
        while self.captures.len() > KEEPS[KEEPS.len() - 1]
            || self.captures.len() > 1 && self.samples() > MAX_SAMPLES
        {
            self.captures.pop_front();
        }
    }

    pub(crate) fn failed(&mut self, at: At, cause: Cause) {
        self.started = None;
        self.failure = Some((at, cause));
    }

    /// Builds graph and table from the captures shown.
    pub(crate) fn refresh(&mut self) {
        let profiles: Vec<Arc<Profile>> = self
            .shown()
            .map(|capture| Arc::clone(&capture.profile))
            .collect();
        let chosen = self.sample_type.clone();
        let index = |profile: &Profile| index_of(profile, chosen.as_deref());
        self.flame.show(&profiles, index, self.fold);
        self.table
            .show(&profiles, index, &Matcher::new(self.search.as_str()));
    }

    /// Searches for what was typed.
    pub(crate) fn search_again(&mut self) {
        let matcher = Matcher::new(self.search.as_str());
        self.table.filter(&matcher);
        self.flame.search(matcher);
    }

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
        let Some(newest) = self.captures.back() else {
            return;
        };
        let types = &newest.profile.sample_types;
        let current = index_of(&newest.profile, self.sample_type.as_deref());
        let next = types.get((current + 1) % types.len().max(1));
        self.sample_type = next.map(|next| next.kind.clone());
        self.refresh();
    }

    /// When the newest capture shown was complete.
    pub(crate) fn last(&self) -> Option<At> {
        self.captures.back().map(|capture| capture.at)
    }

    /// How many captures are added up.
    pub(crate) fn count(&self) -> usize {
        self.shown().count()
    }

    /// How many would be.
    pub(crate) fn wanted(&self) -> usize {
        if self.adds_up() { KEEPS[self.keep] } else { 1 }
    }

    /// The time the captures shown cover together; zero for moments.
    pub(crate) fn covered(&self) -> Duration {
        let nanos = self
            .shown()
            .map(|capture| u64::try_from(capture.profile.duration_nanos).unwrap_or(0));
        Duration::from_nanos(nanos.fold(0, u64::saturating_add))
    }

    /// How many stacks were sampled.
    pub(crate) fn stacks(&self) -> i64 {
        let count = |profile: &Profile| match profile
            .sample_types
            .iter()
            .position(|of| of.unit == "count")
        {
            Some(index) if profile.sample_types[index].kind == "samples" => profile.total(index),
            _ => profile.samples.len() as i64,
        };
        self.shown()
            .map(|capture| count(&capture.profile))
            .fold(0, i64::saturating_add)
    }

    /// What is measured, as the profile calls it, and in which unit.
    pub(crate) fn measure(&self) -> Option<(&str, Unit)> {
        let profile = &self.captures.back()?.profile;
        let of = profile
            .sample_types
            .get(index_of(profile, self.sample_type.as_deref()))?;
        let unit = match of.unit.as_str() {
            "nanoseconds" => Unit::Nanos,
            "seconds" => Unit::Seconds,
            "bytes" => Unit::Bytes,
            _ => Unit::Count,
        };
        Some((&of.kind, unit))
    }

    /// The captures that are added up, newest first. Snapshots are not: each shows everything.
    fn shown(&self) -> impl Iterator<Item = &Capture> {
        self.captures.iter().rev().take(self.wanted())
    }

    fn adds_up(&self) -> bool {
        self.kind == ProfileKind::Cpu
    }

    fn samples(&self) -> usize {
        self.captures
            .iter()
            .map(|capture| capture.profile.samples.len())
            .sum()
    }
}

fn index_of(profile: &Profile, chosen: Option<&str>) -> usize {
    let chosen =
        chosen.and_then(|chosen| profile.sample_types.iter().position(|of| of.kind == chosen));
    chosen.unwrap_or_else(|| profile.default_index())
}
