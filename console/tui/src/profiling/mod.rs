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
mod work;

use std::any::Any;
use std::sync::Arc;

use cutaway_model::{At, Profile, ProfileKind, TargetId};

use crate::field::Field;
use crate::flame::{Flame, Table};
pub(crate) use captures::Base;
use captures::Capture;
pub(crate) use compare::Compare;
pub(crate) use feed::Feed;
pub(crate) use filters::{FilterKind, Filters};
pub(crate) use groups::{Group, Groups};
pub(crate) use lines::{LineRow, Lines};
pub(crate) use make::Aim;
use make::Pending;
pub(crate) use mode::Mode;
pub(crate) use past::Past;
pub(crate) use replicas::Scope;
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
    /// Whether captures of replicas have come in since that are not shown yet.
    outdated: bool,
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
            own: Feed::default(),
            others: Vec::new(),
            scope: Scope::Own,
            compare_elsewhere: Compare::Off,
            past: None,
            outdated: false,
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

    /// Turns to another target or kind: what was captured of the one before is dropped, unless it is still looked at.
    pub(crate) fn turn_to(&mut self, target: TargetId, kind: ProfileKind) {
        if self.own.target == Some(target) && self.kind == kind {
            return;
        }
        self.leave_past();
        if self.kind == kind {
            self.swap_own(target);
        } else {
            let own = std::mem::replace(&mut self.own, Feed::of(target));
            let others = std::mem::take(&mut self.others);
            others
                .into_iter()
                .chain([own])
                .for_each(|feed| self.drop_feed(feed));
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
            self.drop_feed(before);
            self.sample_type = None;
        }
    }

    /// Its captures may be large.
    fn drop_feed(&mut self, mut feed: Feed) {
        let (old, samples) = feed.captures.take();
        self.let_go(old, samples);
    }

    /// The captures that a message about a target and a kind is about.
    pub(crate) fn feed_mut(&mut self, target: TargetId, kind: ProfileKind) -> Option<&mut Feed> {
        if self.kind != kind {
            return None;
        }
        let mut feeds = std::iter::once(&mut self.own).chain(&mut self.others);
        feeds.find(|feed| feed.target == Some(target))
    }

    /// Keeps a capture of this kind, if it is about one of the targets looked at.
    pub(crate) fn captured(&mut self, target: TargetId, at: At, profile: Arc<Profile>) {
        let Some(feed) = self.feed_mut(target, self.kind) else {
            return;
        };
        let old = feed.captured(at, profile);
        let samples = old.iter().map(|capture| capture.profile.samples.len());
        let samples = samples.sum();
        self.let_go(old, samples);
    }

    /// The captures on the screen, newest first. Snapshots are not added up: each shows everything.
    fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.selection.captures.iter()
    }

    fn adds_up(&self) -> bool {
        self.kind == ProfileKind::Cpu
    }
}
