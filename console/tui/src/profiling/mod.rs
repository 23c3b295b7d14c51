//! The profile on the screen: captures of one kind from one target or several, the newest of them added up, and the ways
//! of looking at them.
//!
//! ```text
//!   captures ─┬─▶ select: normalise, filter ─▶ graph · table · callers · lines · labels · stacks
//!   base ─────┘
//! ```
//!
//! Captures are what comes in from the target (`feed`) and from its replicas, or what the ring has of the past; the base
//! is what was chosen, or what was before, or the mean of the other replicas.

mod captures;
mod compare;
mod feed;
mod filters;
mod groups;
mod lines;
mod make;
mod measures;
mod mode;
mod past;
mod replicas;
mod sandwich;
mod select;
mod tags;

use std::sync::Arc;

use cutaway_model::{ProfileKind, TargetId};

use crate::field::Field;
use crate::flame::{Flame, Table};
pub(crate) use captures::Base;
use captures::Capture;
pub(crate) use compare::Compare;
pub(crate) use feed::Feed;
pub(crate) use filters::{FilterKind, Filters};
pub(crate) use groups::{Group, Groups};
pub(crate) use lines::{LineRow, Lines};
pub(crate) use mode::Mode;
pub(crate) use past::Past;
pub(crate) use replicas::Scope;
pub(crate) use sandwich::Sandwich;
pub(crate) use select::Selection;
pub(crate) use tags::{TagRow, Tags};

/// Captures, and how they are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Profiling {
    /// The kinds there is a choice of.
    pub(crate) kinds: &'static [ProfileKind],
    /// Which profile.
    pub(crate) kind: ProfileKind,
    /// The selected target's captures.
    pub(crate) own: Feed,
    /// Those of the other replicas, where they are looked at.
    others: Vec<Feed>,
    /// Whose captures are looked at.
    pub(crate) scope: Scope,
    /// How they were compared before one target was against the rest.
    compare_elsewhere: Compare,
    /// The time in the past that is looked at instead.
    past: Option<Past>,
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
    /// What is compared with.
    base: Option<Base>,
    /// What callers, callees and lines are shown of.
    function: Arc<str>,
    pub(crate) selection: Selection,
    pub(crate) flame: Flame,
    pub(crate) table: Table,
    pub(crate) sandwich: Sandwich,
    pub(crate) lines: Lines,
    pub(crate) tags: Tags,
    pub(crate) groups: Groups,
    /// Whether captures have come in since that are not shown yet.
    outdated: bool,
    /// Counts selections; each way of looking at them is made for one, when it is looked at.
    version: u64,
    made: [u64; Mode::ALL.len()],
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
            own: Feed::default(),
            others: Vec::new(),
            scope: Scope::Own,
            compare_elsewhere: Compare::Off,
            past: None,
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
            base: None,
            function: "".into(),
            selection: Selection::default(),
            flame: Flame::default(),
            table: Table::default(),
            sandwich: Sandwich::default(),
            lines: Lines::default(),
            tags: Tags::default(),
            groups: Groups::default(),
            outdated: false,
            version: 1,
            made: [0; Mode::ALL.len()],
            width: 0,
        }
    }

    /// Turns to another target or kind: what was captured of the one before is dropped, unless it is still looked at.
    pub(crate) fn turn_to(&mut self, target: TargetId, kind: ProfileKind) {
        if self.own.target == Some(target) && self.kind == kind {
            return;
        }
        self.leave_past();
        if self.kind == kind {
            self.swap_own(target);
        } else {
            self.own = Feed::of(target);
            self.others.clear();
            self.sample_type = None;
        }
        self.kind = kind;
        self.refresh();
    }

    /// Makes another target the own one; among replicas nothing is lost by it.
    fn swap_own(&mut self, target: TargetId) {
        let before = std::mem::replace(&mut self.own, Feed::of(target));
        let mut others = self.others.iter_mut();
        if let Some(other) = others.find(|feed| feed.target == Some(target)) {
            std::mem::swap(&mut self.own, other);
            *other = before;
        } else {
            self.sample_type = None;
        }
    }

    /// The captures that a message about a target and a kind is about.
    pub(crate) fn feed_mut(&mut self, target: TargetId, kind: ProfileKind) -> Option<&mut Feed> {
        if self.kind != kind {
            return None;
        }
        let mut feeds = std::iter::once(&mut self.own).chain(&mut self.others);
        feeds.find(|feed| feed.target == Some(target))
    }

    /// The captures that are added up, newest first. Snapshots are not: each shows everything.
    fn shown(&self) -> impl Iterator<Item = &Capture> {
        let wanted = self.wanted();
        let past = self.past.as_ref().and_then(|past| past.then.as_ref().ok());
        let live = self.past.is_none().then(|| self.added_up());
        let live = live.into_iter().flatten();
        let live = live.flat_map(move |feed| feed.captures.newest(wanted));
        past.map(|(_, capture)| capture).into_iter().chain(live)
    }

    fn adds_up(&self) -> bool {
        self.kind == ProfileKind::Cpu
    }
}
