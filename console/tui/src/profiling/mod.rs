//! The profile on the screen: captures of one kind from one target, the newest of them added up, and the ways of looking
//! at them.
//!
//! ```text
//!   captures ─┬─▶ select: normalise, filter ─▶ graph · table · callers · lines · labels · stacks
//!   base ─────┘
//! ```

mod captures;
mod compare;
mod filters;
mod groups;
mod lines;
mod make;
mod measures;
mod mode;
mod sandwich;
mod select;
mod tags;
mod work;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Cause, Profile, ProfileKind, TargetId};

use crate::field::Field;
use crate::flame::{Flame, Table};
pub(crate) use captures::Base;
use captures::{Capture, Captures};
pub(crate) use compare::Compare;
pub(crate) use filters::{FilterKind, Filters};
pub(crate) use groups::{Group, Groups};
pub(crate) use lines::{LineRow, Lines};
pub(crate) use make::Aim;
use make::Pending;
pub(crate) use mode::Mode;
pub(crate) use sandwich::Sandwich;
pub(crate) use select::Selection;
pub(crate) use tags::{TagRow, Tags};
pub use work::{Prepared, Work};

/// Captures, and how they are looked at.
#[derive(Debug)]
pub(crate) struct Profiling {
    /// The kinds there is a choice of.
    pub(crate) kinds: &'static [ProfileKind],
    /// Which profile.
    pub(crate) kind: ProfileKind,
    /// Whose the captures are.
    owner: Option<TargetId>,
    captures: Captures,
    /// The capture under way: since when, and how long it takes.
    pub(crate) started: Option<(At, Duration)>,
    /// Why the newest attempt gave nothing.
    pub(crate) failure: Option<(At, Cause)>,
    /// Index into [`KEEPS`].
    keep: usize,
    /// The kind of value shown, if another than the default was chosen.
    sample_type: Option<String>,
    /// How it is looked at.
    pub(crate) mode: Mode,
    /// How it is looked at in the beginning.
    home: Mode,
    /// Whether library frames are folded.
    pub(crate) fold: bool,
    /// Whether the root is at the bottom.
    pub(crate) upwards: bool,
    pub(crate) search: Field,
    pub(crate) filters: Filters,
    pub(crate) compare: Compare,
    /// What was chosen to compare with.
    marked: Option<Base>,
    /// What callers, callees and lines are shown of.
    function: Arc<str>,
    pub(crate) selection: Selection,
    pub(crate) flame: Flame,
    pub(crate) table: Table,
    pub(crate) sandwich: Sandwich,
    pub(crate) lines: Lines,
    pub(crate) tags: Tags,
    pub(crate) groups: Groups,
    /// Counts what was to be selected; each way of looking at it is made for one, when it is looked at.
    version: u64,
    /// For which one [`Profiling::selection`] and each way of looking at it were made.
    selected: u64,
    made: [u64; Mode::ALL.len()],
    /// Counts what was asked for.
    requests: u64,
    /// What is being made elsewhere.
    pending: Option<Pending>,
    /// Whether there were news meanwhile.
    again: bool,
    /// Where the cursor goes once it can.
    aim: Option<Aim>,
    /// What is no longer needed and takes long to give back.
    trash: Vec<Box<dyn Any + Send>>,
    /// How wide graphs are.
    width: u16,
}

/// How many captures may be added up.
const KEEPS: [usize; 5] = [1, 2, 5, 10, 20];

impl Profiling {
    /// Nothing captured yet; `kinds` are those to choose from.
    pub(crate) fn new(kinds: &'static [ProfileKind], home: Mode) -> Self {
        Self {
            kinds,
            kind: kinds.first().copied().unwrap_or(ProfileKind::Cpu),
            owner: None,
            captures: Captures::default(),
            started: None,
            failure: None,
            keep: 2,
            sample_type: None,
            mode: home,
            home,
            fold: true,
            upwards: false,
            search: Field::default(),
            filters: Filters::default(),
            compare: Compare::Off,
            marked: None,
            function: "".into(),
            selection: Selection::default(),
            flame: Flame::default(),
            table: Table::default(),
            sandwich: Sandwich::default(),
            lines: Lines::default(),
            tags: Tags::default(),
            groups: Groups::default(),
            version: 1,
            selected: 0,
            made: [0; Mode::ALL.len()],
            requests: 0,
            pending: None,
            again: false,
            aim: None,
            trash: Vec::new(),
            width: 0,
        }
    }

    /// Turns to another target or kind: what was captured of the one before is dropped.
    pub(crate) fn turn_to(&mut self, target: TargetId, kind: ProfileKind) {
        if self.owner == Some(target) && self.kind == kind {
            return;
        }
        self.owner = Some(target);
        self.kind = kind;
        let (old, samples) = self.captures.take();
        self.let_go(old, samples);
        (self.started, self.failure, self.sample_type) = (None, None, None);
        self.refresh();
    }

    /// Whether a message about this profile is about the one shown.
    pub(crate) fn is_about(&self, target: TargetId, kind: ProfileKind) -> bool {
        self.owner == Some(target) && self.kind == kind
    }

    pub(crate) fn captured(&mut self, at: At, profile: Arc<Profile>) {
        (self.started, self.failure) = (None, None);
        let old = self.captures.push(at, profile);
        let samples = old.iter().map(|capture| capture.profile.samples.len());
        let samples = samples.sum();
        self.let_go(old, samples);
    }

    /// Shows what was captured since.
    pub(crate) fn show_news(&mut self) {
        self.renew();
    }

    pub(crate) fn failed(&mut self, at: At, cause: Cause) {
        self.started = None;
        self.failure = Some((at, cause));
    }

    /// The captures on the screen, newest first. Snapshots are not added up: each shows everything.
    fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.selection.captures.iter()
    }

    fn adds_up(&self) -> bool {
        self.kind == ProfileKind::Cpu
    }
}
