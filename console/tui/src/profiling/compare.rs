//! What a profile is compared with.

use std::sync::Arc;

use cutaway_model::{Profile, sanitize};

use super::{Base, Feed, Profiling, Scope};

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

impl Profiling {
    /// Keeps what is shown, to compare with from now on.
    pub(crate) fn mark(&mut self) {
        let profiles: Vec<Arc<Profile>> = self
            .captures()
            .map(|capture| Arc::clone(&capture.profile))
            .collect();
        if let Some(at) = self.last() {
            self.compare_with(Base::new("the mark", Some(at), profiles));
        }
    }

    /// Compares with a profile that came from elsewhere.
    pub(crate) fn compare_with_file(&mut self, name: &str, profile: Arc<Profile>) {
        self.compare_with(Base::new(&sanitize(name), None, vec![profile]));
    }

    fn compare_with(&mut self, base: Base) {
        if self.scope == Scope::Rest {
            self.turn_scope(Scope::Own);
        }
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
            Compare::Shares if self.is_against_rest() => Compare::Amounts,
            Compare::Shares => Compare::Off,
        });
    }

    pub(crate) fn set_compare(&mut self, compare: Compare) {
        self.compare = compare;
        self.refresh();
    }

    /// What is compared with when nothing was chosen.
    pub(super) fn usual_base(&self) -> Option<Base> {
        if let Some(past) = &self.past {
            return past.base();
        }
        let (wanted, moments) = (self.wanted(), !self.adds_up());
        let before = |feed: &Feed| feed.captures.before(wanted, moments);
        // Replicas without an earlier capture would seem to have done nothing then.
        let all: Option<Vec<Base>> = self
            .added_up()
            .filter(|feed| feed.captures.last().is_some())
            .map(before)
            .collect();
        let mut all = all?.into_iter();
        let first = all.next()?;
        Some(all.fold(first, Base::and))
    }

    /// What is compared with, if anything is.
    pub(crate) fn base(&self) -> Option<&Base> {
        self.selection.base.as_ref()
    }

    /// What the base and what is shown are called beside their amounts.
    pub(crate) fn sides(&self) -> [&'static str; 2] {
        if self.past.is_some() {
            ["before", "then"]
        } else if self.is_against_rest() {
            ["elsewhere", "here"]
        } else {
            ["before", "now"]
        }
    }

    /// Whether amounts of two sides are on the screen.
    pub(crate) fn compares(&self) -> bool {
        self.selection.base.is_some()
            || self
                .flame
                .stacks()
                .whole()
                .is_some_and(|root| root.base_cum != 0)
    }
}
