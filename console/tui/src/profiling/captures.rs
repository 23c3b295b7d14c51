//! Captures of one kind from one target, and what they are compared with.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Profile};

/// The newest captures, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Captures {
    ring: VecDeque<Capture>,
}

/// A profile and when it was complete.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub(super) at: At,
    pub(super) profile: Arc<Profile>,
    /// What its samples add up to, for each sample type.
    pub(super) totals: Vec<i64>,
    /// How many captures it was made of.
    pub(super) count: usize,
}

/// What is taken away in a comparison.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// What it is called; safe for the screen.
    pub(crate) name: Arc<str>,
    /// When it was captured, if it was.
    pub(crate) at: Option<At>,
    pub(super) profiles: Vec<Arc<Profile>>,
}

/// The most captures kept.
pub(super) const MAX_CAPTURES: usize = 40;
/// The most samples kept of all captures; the newest capture is kept whatever its size.
const MAX_SAMPLES: usize = 200_000;

impl Capture {
    /// One of `count` captures that were added up.
    pub(super) fn added_up(at: At, profile: Arc<Profile>, count: usize) -> Self {
        let types = 0..profile.sample_types.len();
        Self {
            at,
            totals: types.map(|index| profile.total(index)).collect(),
            profile,
            count,
        }
    }

    /// The time it covers; zero for a moment.
    pub(super) fn covered(&self) -> Duration {
        Duration::from_nanos(self.profile.duration_nanos.max(0).unsigned_abs())
    }
}

impl Base {
    /// With another one's profiles added.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.at = self.at.max(other.at);
        self.profiles.extend(other.profiles);
        self
    }
}

impl Captures {
    pub(super) fn push(&mut self, at: At, profile: Arc<Profile>) {
        self.ring.push_back(Capture::added_up(at, profile, 1));
        while self.ring.len() > MAX_CAPTURES || self.ring.len() > 1 && self.samples() > MAX_SAMPLES
        {
            self.ring.pop_front();
        }
    }

    /// The newest `count`, newest first.
    pub(super) fn newest(&self, count: usize) -> impl Iterator<Item = &Capture> {
        self.ring.iter().rev().take(count)
    }

    pub(super) fn last(&self) -> Option<&Capture> {
        self.ring.back()
    }

    /// What the newest `count` are compared with when nothing else was chosen: as many before them; of moments, the
    /// oldest one.
    pub(super) fn before(&self, count: usize, moments: bool) -> Option<Base> {
        let earlier: Vec<&Capture> = if moments {
            self.ring.iter().take(1).collect()
        } else {
            self.ring.iter().rev().skip(count).take(count).collect()
        };
        let newest = earlier.first().filter(|_| self.ring.len() > count)?;
        Some(Base {
            name: if moments {
                "the oldest kept"
            } else {
                "those before"
            }
            .into(),
            at: Some(newest.at),
            profiles: earlier.iter().map(|of| Arc::clone(&of.profile)).collect(),
        })
    }

    fn samples(&self) -> usize {
        let samples = self
            .ring
            .iter()
            .map(|capture| capture.profile.samples.len());
        samples.sum()
    }
}
