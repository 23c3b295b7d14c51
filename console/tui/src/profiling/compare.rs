//! What a profile is compared with.

use std::sync::Arc;

use cutaway_model::{Profile, sanitize};

use super::{Base, Profiling};

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
    }

    /// What is compared with, if anything is.
    pub(crate) fn base(&self) -> Option<&Base> {
        self.selection.base.as_ref()
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
