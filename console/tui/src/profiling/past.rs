//! The profile of a range of time in the past, against that of the time before: from the ring.

use std::time::Duration;

use cutaway_model::{At, Path, units};

use super::captures::{Base, Capture};
use super::{Compare, Profiling};
use crate::ring::{Absence, Ring, Stretch};
use crate::state::Tab;

/// A range of time and its profile.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// The range that was selected.
    pub(crate) range: (At, At),
    /// The time that the profiles of then cover, and the profile; or why there is none.
    pub(crate) then: Result<(Duration, Capture), Absence>,
    /// The time covered by the profiles before, and those.
    before: Option<(Duration, Base)>,
    /// Where the range was selected.
    from: (Tab, Option<Path>),
    /// How the view was before.
    compare: Compare,
    marked: Option<Base>,
}

impl Past {
    /// What the ring knows of the time between `from` and `to`.
    pub(crate) fn new(
        ring: &Ring,
        (from, to): (At, At),
        now: At,
        back: (Tab, Option<Path>),
    ) -> Self {
        let then = ring.then(from, to, now);
        let before = then.as_ref().ok().and_then(|_| ring.before(from, to));
        let base = |stretch: Stretch| {
            let covered = stretch.covered();
            let name = format!("the {} before", units::duration(covered));
            (covered, Base::new(&name, None, vec![stretch.profile]))
        };
        Self {
            range: (from, to),
            then: then.map(|stretch| {
                let covered = stretch.covered();
                let capture = Capture::of(stretch.until, stretch.profile, stretch.count);
                (covered, capture)
            }),
            before: before.map(base),
            from: back,
            compare: Compare::Off,
            marked: None,
        }
    }

    pub(super) fn base(&self) -> Option<Base> {
        self.before.as_ref().map(|(_, base)| base.clone())
    }

    /// Whether the time before is as long as that of then, to a fifth: otherwise only shares can be compared.
    pub(crate) fn is_even(&self) -> bool {
        let (Ok((then, _)), Some((before, _))) = (&self.then, &self.before) else {
            return false;
        };
        before.abs_diff(*then) <= *then / 5
    }

    /// Whether there is a time before to compare with.
    pub(crate) fn has_before(&self) -> bool {
        self.before.is_some()
    }
}

impl Profiling {
    /// Shows the profile of a time in the past against that of the time before.
    pub(crate) fn show_past(&mut self, mut past: Past) {
        self.leave_past();
        past.compare = self.compare;
        past.marked = self.marked.take();
        let compare = match (past.is_even(), past.has_before()) {
            (true, _) => Compare::Amounts,
            (false, true) => Compare::Shares,
            (false, false) => Compare::Off,
        };
        self.past = Some(past);
        self.set_compare(compare);
    }

    /// Shows what comes in again. Answers where the range was selected.
    pub(crate) fn leave_past(&mut self) -> Option<(Tab, Option<Path>)> {
        let past = self.past.take()?;
        self.marked = past.marked;
        self.set_compare(past.compare);
        Some(past.from)
    }

    /// The time in the past that is shown.
    pub(crate) fn past(&self) -> Option<&Past> {
        self.past.as_ref()
    }
}
