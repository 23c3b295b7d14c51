//! Profiles of several targets that run the same program: added up, or one against the others.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::TargetId;

use super::captures::{Base, Capture};
use super::{Compare, Feed, Profiling};

/// Whose profiles are shown.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The selected target's.
    #[default]
    Own,
    /// Those of all replicas, added up.
    Merged,
    /// The selected target's, against the mean of the other replicas'.
    Rest,
}

/// With more targets than these, what comes in is not added up each time.
const FEW: usize = 4;

impl Profiling {
    /// Selects anew what is shown, because a capture has come in: of many targets not each time.
    pub(crate) fn came_in(&mut self) {
        if self.feeds().count() <= FEW {
            self.renew();
        } else {
            self.outdated = true;
        }
    }

    /// Catches up with what has come in.
    pub(crate) fn catch_up(&mut self) {
        if self.outdated {
            self.outdated = false;
            self.renew();
        }
    }

    /// Shows one target, all of them, one against the rest.
    pub(crate) fn next_scope(&mut self) {
        let next = match self.scope {
            Scope::Own => Scope::Merged,
            Scope::Merged => Scope::Rest,
            Scope::Rest => Scope::Own,
        };
        self.turn_scope(next);
    }

    pub(super) fn turn_scope(&mut self, scope: Scope) {
        let compare = match (self.scope, scope) {
            (from, to) if from == to => return,
            (_, Scope::Rest) => {
                self.compare_elsewhere = self.compare;
                // Replicas seldom get the same load.
                Compare::Shares
            }
            (Scope::Rest, _) => self.compare_elsewhere,
            _ => self.compare,
        };
        self.scope = scope;
        if scope == Scope::Own {
            let others = std::mem::take(&mut self.others);
            for feed in others {
                self.drop_feed(feed);
            }
        }
        self.set_compare(compare);
    }

    /// Whether the selected target is compared with its replicas.
    pub(crate) fn is_against_rest(&self) -> bool {
        self.scope == Scope::Rest && self.past.is_none()
    }

    /// The other replicas: those that are known already keep their captures.
    pub(crate) fn set_others(&mut self, targets: &[TargetId]) {
        let same = self.others.len() == targets.len()
            && self
                .others
                .iter()
                .zip(targets)
                .all(|(feed, id)| feed.target == Some(*id));
        if same {
            return;
        }
        let mut old = std::mem::take(&mut self.others);
        let feed = |id: &TargetId| {
            let known = old.iter().position(|feed| feed.target == Some(*id));
            known.map_or_else(|| Feed::of(*id), |at| old.swap_remove(at))
        };
        self.others = targets.iter().map(feed).collect();
        for feed in old {
            self.drop_feed(feed);
        }
        self.refresh();
    }

    /// The selected target's captures and, unless it is alone, the others'.
    pub(crate) fn feeds(&self) -> impl Iterator<Item = &Feed> {
        std::iter::once(&self.own).chain(&self.others)
    }

    /// Those that are added up.
    pub(super) fn added_up(&self) -> impl Iterator<Item = &Feed> {
        let others = if self.scope == Scope::Merged {
            &self.others[..]
        } else {
            &[]
        };
        std::iter::once(&self.own).chain(others)
    }

    /// The captures that are to be added up, newest first: those of the past where that is looked at. Snapshots of a target
    /// are not: each shows everything.
    pub(super) fn to_add_up(&self) -> impl Iterator<Item = &Capture> {
        let wanted = self.wanted();
        let past = self.past.as_ref().and_then(|past| past.then.as_ref().ok());
        let live = self.past.is_none().then(|| self.added_up());
        let live = live.into_iter().flatten();
        let live = live.flat_map(move |feed| feed.captures.newest(wanted));
        past.map(|(_, capture)| capture).into_iter().chain(live)
    }

    /// The mean of the other replicas, over as much time as the selected one's captures cover.
    pub(super) fn rest(&self) -> Option<Base> {
        let wanted = self.wanted();
        let with = self
            .others
            .iter()
            .filter(|feed| feed.captures.last().is_some());
        let with: Vec<&Feed> = with.collect();
        let captures = || with.iter().flat_map(|feed| feed.captures.newest(wanted));
        let own: Duration = self.own.captures.newest(wanted).map(Capture::covered).sum();
        let theirs: Duration = captures().map(Capture::covered).sum();
        let ratio = if own.is_zero() || theirs.is_zero() {
            1.0 / with.len() as f64
        } else {
            own.as_secs_f64() / theirs.as_secs_f64()
        };
        let name = match with.len() {
            0 => return None,
            1 => "the other one".to_owned(),
            count => format!("the mean of {count} others"),
        };
        let profiles = captures().map(|capture| Arc::clone(&capture.profile));
        Some(Base {
            ratio: Some(ratio),
            ..Base::new(&name, None, profiles.collect())
        })
    }
}
