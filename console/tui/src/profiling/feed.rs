//! What comes of one kind of profile from one target.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Cause, Profile, TargetId};

use super::captures::{Capture, Captures};

/// A target's captures, and how the next one does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    /// Whose they are.
    pub(crate) target: Option<TargetId>,
    pub(super) captures: Captures,
    /// The capture under way: since when, and how long it takes.
    pub(crate) started: Option<(At, Duration)>,
    /// Why the newest attempt gave nothing.
    pub(crate) failure: Option<(At, Cause)>,
}

impl Feed {
    pub(super) fn of(target: TargetId) -> Self {
        Self {
            target: Some(target),
            ..Self::default()
        }
    }

    /// Answers the captures there is no room for any more.
    pub(super) fn captured(&mut self, at: At, profile: Arc<Profile>) -> Vec<Capture> {
        (self.started, self.failure) = (None, None);
        self.captures.push(at, profile)
    }

    pub(crate) fn failed(&mut self, at: At, cause: Cause) {
        self.started = None;
        self.failure = Some((at, cause));
    }

    /// How many of its captures are among the newest `wanted`, the time they cover, and when the newest was complete.
    pub(crate) fn taken(&self, wanted: usize) -> Option<(usize, Duration, At)> {
        let newest = self.captures.last()?;
        let covered = self.captures.newest(wanted).map(Capture::covered);
        let count = self.captures.newest(wanted).count();
        Some((count, covered.sum(), newest.at))
    }
}
