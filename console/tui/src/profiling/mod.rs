//! The profile on the screen: captures of one kind from one target, the newest of them added up, and the ways of looking
//! at them.
//!
//! ```text
//!   captures ─┬─▶ select: normalise, filter ─▶ graph · table · callers · lines · labels · stacks
//!   base ─────┘
//! ```

mod captures;
mod filters;
mod groups;
mod lines;
mod sandwich;
mod select;
mod tags;

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Cause, Profile, ProfileKind, TargetId, sanitize};

use crate::field::Field;
use crate::flame::{Flame, Order, Shape, Table, index_of};
use crate::matcher::Matcher;
use crate::unit::Unit;
pub(crate) use captures::Base;
use captures::{Capture, Captures};
pub(crate) use filters::{FilterKind, Filters};
pub(crate) use groups::{Group, Groups};
pub(crate) use lines::{LineRow, Lines};
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
    /// Counts selections; each way of looking at them is made for one, when it is looked at.
    version: u64,
    made: [u64; Mode::ALL.len()],
    /// How wide graphs are.
    width: u16,
}

/// Ways of looking at a profile.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Calls from the root down, each as wide as its share.
    Graph,
    /// Functions by what they cost.
    Top,
    /// One function, its callers above and its callees below.
    Callers,
    /// One function's lines.
    Lines,
    /// Labels.
    Tags,
    /// Distinct stacks.
    Stacks,
}

/// Whether a profile is compared with another.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compare {
    /// It is shown by itself.
    #[default]
    Off,
    /// What it took more or less.
    Amounts,
    /// Which share of the whole it took more or less, scaled to the base's amounts.
    Shares,
}

/// How many captures may be added up.
const KEEPS: [usize; 5] = [1, 2, 5, 10, 20];

impl Mode {
    pub(crate) const ALL: [Self; 6] = [
        Self::Graph,
        Self::Top,
        Self::Callers,
        Self::Lines,
        Self::Tags,
        Self::Stacks,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Top => "top",
            Self::Callers => "callers",
            Self::Lines => "lines",
            Self::Tags => "tags",
            Self::Stacks => "stacks",
        }
    }
}

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
            base: None,
            function: "".into(),
            selection: Selection::default(),
            flame: Flame::default(),
            table: Table::default(),
            sandwich: Sandwich::default(),
            lines: Lines::default(),
            tags: Tags::default(),
            groups: Groups::default(),
            version: 1,
            made: [0; Mode::ALL.len()],
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
        self.captures.push(at, profile);
    }

    pub(crate) fn failed(&mut self, at: At, cause: Cause) {
        self.started = None;
        self.failure = Some((at, cause));
    }

    /// Selects anew what is shown of the captures.
    pub(crate) fn refresh(&mut self) {
        let now: Vec<Arc<Profile>> = self
            .shown()
            .map(|capture| Arc::clone(&capture.profile))
            .collect();
        self.base = match self.compare {
            Compare::Off => None,
            _ if now.is_empty() => None,
            _ => self
                .marked
                .clone()
                .or_else(|| self.captures.before(self.wanted(), !self.adds_up())),
        };
        let base = self.base.as_ref();
        let base = base.map_or(&[][..], |base| &base.profiles);
        let sample_type = self.sample_type.as_deref();
        self.selection = Selection::new(now, base, self.compare, &self.filters, sample_type);
        self.version += 1;
        self.bring_up();
    }

    /// Makes what is on the screen from what was selected.
    pub(crate) fn bring_up(&mut self) {
        let needed: &[Mode] = match self.mode {
            // Below the graph, the first functions of the table are listed.
            Mode::Graph => &[Mode::Graph, Mode::Top],
            Mode::Top => &[Mode::Top],
            Mode::Callers => &[Mode::Callers],
            Mode::Lines => &[Mode::Lines],
            Mode::Tags => &[Mode::Tags],
            Mode::Stacks => &[Mode::Graph, Mode::Stacks],
        };
        for mode in needed {
            if self.made[*mode as usize] != self.version {
                self.made[*mode as usize] = self.version;
                self.make(*mode);
            }
        }
    }

    fn make(&mut self, mode: Mode) {
        let shown = &self.selection.shown;
        let search = || Matcher::new(self.search.as_str());
        match mode {
            Mode::Graph => {
                let shape = if self.fold {
                    Shape::Folded
                } else {
                    Shape::Whole
                };
                self.flame.set_width(self.width);
                self.flame.show(shown, shape);
            }
            Mode::Top => self.table.show(shown, &search()),
            Mode::Callers => {
                self.sandwich.set_width(self.width);
                self.sandwich.show(shown, &self.function);
            }
            Mode::Lines => self.lines.show(shown, &self.function),
            Mode::Tags => self.tags.show(shown),
            Mode::Stacks => self.groups.show(self.flame.stacks(), &search()),
        }
    }

    /// Looks at it in another way.
    pub(crate) fn turn(&mut self, mode: Mode) {
        let selected = self.selected_function();
        if matches!(mode, Mode::Callers | Mode::Lines)
            && let Some(function) = &selected
            && self.function != *function
        {
            self.function = Arc::clone(function);
            self.made[Mode::Callers as usize] = 0;
            self.made[Mode::Lines as usize] = 0;
        }
        self.mode = mode;
        self.bring_up();
        if let (Mode::Top, Some(function)) = (mode, selected) {
            self.table.select(&function);
        }
    }

    /// Looks at it as in the beginning. Whether that is another way.
    pub(crate) fn turn_home(&mut self) -> bool {
        let elsewhere = self.mode != self.home;
        self.turn(self.home);
        elsewhere
    }

    /// The function that the cursor is on.
    pub(crate) fn selected_function(&self) -> Option<Arc<str>> {
        match self.mode {
            Mode::Graph => function_of(&self.flame, self.flame.selected()),
            Mode::Top => self.table.selected().map(|row| Arc::clone(&row.name)),
            Mode::Callers => {
                let flame = self.sandwich.current();
                function_of(flame, flame.selected()).or_else(|| Some(Arc::clone(&self.function)))
            }
            Mode::Lines => Some(Arc::clone(&self.function)),
            Mode::Tags => None,
            Mode::Stacks => function_of(&self.flame, self.groups.selected()?.node),
        }
        .filter(|name| !name.is_empty())
    }

    pub(crate) fn set_width(&mut self, width: u16) {
        self.width = width;
        self.flame.set_width(width);
        self.sandwich.set_width(width);
    }

    /// Searches for what was typed.
    pub(crate) fn search_again(&mut self) {
        let matcher = Matcher::new(self.search.as_str());
        self.table.filter(&matcher);
        self.made[Mode::Stacks as usize] = 0;
        self.bring_up();
        self.sandwich.callers.search(matcher.clone());
        self.sandwich.callees.search(matcher.clone());
        self.flame.search(matcher);
    }

    /// Folds library frames, or shows them.
    pub(crate) fn toggle_fold(&mut self) {
        self.fold = !self.fold;
        self.made[Mode::Graph as usize] = 0;
        self.made[Mode::Stacks as usize] = 0;
        self.bring_up();
    }

    /// Lists functions in another order.
    pub(crate) fn next_order(&mut self) {
        let next = match self.table.order() {
            Order::Flat => Order::Cum,
            Order::Cum => Order::Name,
            Order::Name if self.base.is_some() => Order::Change,
            Order::Name | Order::Change => Order::Flat,
        };
        self.table.sort(next, &Matcher::new(self.search.as_str()));
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

    /// Keeps what is shown, to compare with from now on.
    pub(crate) fn mark(&mut self) {
        let profiles: Vec<Arc<Profile>> = self
            .shown()
            .map(|capture| Arc::clone(&capture.profile))
            .collect();
        if let Some(at) = self.last() {
            self.compare_with(Base {
                name: "the mark".into(),
                at: Some(at),
                profiles,
            });
        }
    }

    /// Compares with a profile that came from elsewhere.
    pub(crate) fn compare_with_file(&mut self, name: &str, profile: Arc<Profile>) {
        self.compare_with(Base {
            name: sanitize(name).into(),
            at: None,
            profiles: vec![profile],
        });
    }

    fn compare_with(&mut self, base: Base) {
        self.marked = Some(base);
        if self.compare == Compare::Off {
            self.set_compare(Compare::Amounts);
        } else {
            self.refresh();
        }
    }

    /// Compares amounts, then shares, then no longer.
    pub(crate) fn next_compare(&mut self) {
        self.set_compare(match self.compare {
            Compare::Off => Compare::Amounts,
            Compare::Amounts => Compare::Shares,
            Compare::Shares => Compare::Off,
        });
    }

    pub(crate) fn set_compare(&mut self, compare: Compare) {
        self.compare = compare;
        self.refresh();
        let order = match (compare, self.table.order()) {
            (Compare::Off, Order::Change) => Order::Flat,
            (Compare::Amounts, Order::Flat) => Order::Change,
            (_, order) => order,
        };
        self.table.sort(order, &Matcher::new(self.search.as_str()));
    }

    /// What is compared with, if anything is.
    pub(crate) fn base(&self) -> Option<&Base> {
        self.base.as_ref()
    }

    /// Whether amounts of two sides are on the screen.
    pub(crate) fn compares(&self) -> bool {
        self.base.is_some()
            || self
                .flame
                .stacks()
                .whole()
                .is_some_and(|root| root.base_cum != 0)
    }

    /// When the newest capture shown was complete.
    pub(crate) fn last(&self) -> Option<At> {
        self.captures.last().map(|capture| capture.at)
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
        let count = |capture: &Capture| {
            let mut types = capture.profile.sample_types.iter();
            let counted = types.position(|of| of.unit == "count" && of.kind == "samples");
            match counted.and_then(|index| capture.totals.get(index)) {
                Some(total) => *total,
                None => capture.profile.samples.len() as i64,
            }
        };
        self.shown().map(count).fold(0, i64::saturating_add)
    }

    /// What is measured, as the profile calls it, and in which unit.
    pub(crate) fn measure(&self) -> Option<(&str, Unit)> {
        let profile = &self.captures.last()?.profile;
        let of = profile
            .sample_types
            .get(index_of(profile, self.sample_type.as_deref()))?;
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
        let Some(newest) = self.captures.last() else {
            return Vec::new();
        };
        let types = newest.profile.sample_types.iter().zip(&newest.totals);
        let total = |(of, total): (&profile::ValueType, &i64)| {
            let name = sanitize(&of.kind).into_owned();
            (name, *total, unit_of(of))
        };
        types.map(total).collect()
    }

    /// The captures that are added up, newest first. Snapshots are not: each shows everything.
    fn shown(&self) -> impl Iterator<Item = &Capture> {
        self.captures.newest(self.wanted())
    }

    fn adds_up(&self) -> bool {
        self.kind == ProfileKind::Cpu
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

/// The function at a node; of folded ones, the last.
fn function_of(flame: &Flame, node: u32) -> Option<Arc<str>> {
    let stacks = flame.stacks();
    let frame = stacks.frame(node)?;
    if !frame.folded {
        return Some(Arc::clone(&frame.name));
    }
    let hidden = stacks.hidden(node).last()?;
    Some(Arc::clone(&stacks.frames.get(*hidden as usize)?.name))
}
