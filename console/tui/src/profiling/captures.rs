//! Captures of one kind from one target, and what they are compared with.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use cutaway_model::{At, Profile};

/// The newest captures, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Captures {
    ring: VecDeque<Capture>,
}

/// A profile and when it was complete.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub(super) at: At,
    pub(super) profile: Arc<Profile>,
    totals: Arc<OnceLock<Vec<i64>>>,
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
    /// Adds up its samples, if nobody has.
    pub(super) fn add_up(&self) {
        self.totals();
    }

    /// What its samples add up to, for each sample type; added up once.
    pub(super) fn totals(&self) -> &[i64] {
        self.totals.get_or_init(|| {
            let types = 0..self.profile.sample_types.len();
            types.map(|index| self.profile.total(index)).collect()
        })
    }
}

impl Captures {
    /// Keeps a capture; answers those there is no room for any more.
    pub(super) fn push(&mut self, at: At, profile: Arc<Profile>) -> Vec<Capture> {
        let totals = Arc::default();
        self.ring.push_back(Capture {
            at,
            profile,
            totals,
        });
        let mut oldest = Vec::new();
        while self.ring.len() > MAX_CAPTURES || self.ring.len() > 1 && self.samples() > MAX_SAMPLES
        {
            oldest.extend(self.ring.pop_front());
        }
        oldest
    }

    /// Gives up all of them; how many samples they have as well.
    pub(super) fn take(&mut self) -> (VecDeque<Capture>, usize) {
        let samples = self.samples();
        (std::mem::take(&mut self.ring), samples)
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
