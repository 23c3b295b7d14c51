//! Which targets there are at present, and under which numbers: those that were named, and the pods found of those asked
//! for.
//!
//! What was asked for has a row of its own as long as no pod is found, and while nobody can tell which there are. A pod
//! that went away keeps its row for a while, and gets it back when it comes again under the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cutaway_model::{At, Cause, TargetId, TargetInfo};

use crate::find::{Found, News, info_of, none_found};
use crate::item::Item;
use crate::selector::Selector;
use crate::target::Target;

/// All rows.
#[derive(Debug)]
pub(crate) struct Roster {
    entries: Vec<Entry>,
    next: u32,
}

/// What is to be done because of news.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// Read no longer.
    pub(crate) stop: Vec<TargetId>,
    /// Read from now on.
    pub(crate) start: Vec<(TargetId, Target)>,
    /// Those of them that had another process before.
    pub(crate) anew: Vec<TargetId>,
    /// Read at once: something changed.
    pub(crate) wake: Vec<TargetId>,
    /// Say that these cannot be read: why, failures in a row, time until the next attempt.
    pub(crate) failed: Vec<(TargetId, Cause, u32, Duration)>,
}

#[derive(Debug)]
enum Entry {
    Fixed(TargetId, Target),
    Pods(Asked),
}

/// Pods that were asked for.
#[derive(Debug)]
struct Asked {
    id: TargetId,
    selector: Selector,
    /// Whether nobody can tell which there are, at present.
    troubled: bool,
    rows: BTreeMap<String, Row>,
}

#[derive(Debug)]
struct Row {
    id: TargetId,
    target: Target,
    /// When it went away.
    gone: Option<At>,
}

impl Roster {
    /// The first numbers are those of the items, in their order.
    pub(crate) fn new(items: Vec<Item>) -> Self {
        let ids = (0..).map(TargetId);
        let entries: Vec<Entry> = items
            .into_iter()
            .zip(ids)
            .map(|(item, id)| match item {
                Item::Target(target) => Entry::Fixed(id, target),
                Item::Pods(selector) => Entry::Pods(Asked {
                    id,
                    selector,
                    troubled: false,
                    rows: BTreeMap::new(),
                }),
            })
            .collect();
        let next = entries.len() as u32;
        Self { entries, next }
    }

    /// The targets that were named.
    pub(crate) fn fixed(&self) -> impl Iterator<Item = (TargetId, &Target)> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Fixed(id, target) => Some((*id, target)),
            Entry::Pods(_) => None,
        })
    }

    /// What pods were asked for, with the places they have among the items.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (usize, &Selector)> {
        let places = self.entries.iter().enumerate();
        places.filter_map(|(place, entry)| match entry {
            Entry::Pods(asked) => Some((place, &asked.selector)),
            Entry::Fixed(..) => None,
        })
    }

    /// All rows, in the order to show them.
    pub(crate) fn infos(&self, of: impl Fn(TargetId, &Target) -> TargetInfo) -> Vec<TargetInfo> {
        let mut infos = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Fixed(id, target) => infos.push(of(*id, target)),
                Entry::Pods(asked) => {
                    if asked.is_listed() {
                        infos.push(info_of(&asked.selector, asked.id));
                    }
                    infos.extend(asked.rows.values().map(|row| of(row.id, &row.target)));
                }
            }
        }
        infos
    }

    /// How many rows there may be.
    pub(crate) fn count(&self) -> usize {
        let rows = self.entries.iter().map(|entry| match entry {
            Entry::Fixed(..) => 1,
            Entry::Pods(asked) => asked.rows.len(),
        });
        rows.sum()
    }

    /// Takes in what is told of the pods asked for at `place`.
    pub(crate) fn take(&mut self, place: usize, news: News, now: At) -> Steps {
        let mut steps = Steps::default();
        let Some(Entry::Pods(asked)) = self.entries.get_mut(place) else {
            return steps;
        };
        match news {
            News::Failed {
                cause,
                failures,
                retry_in,
            } => {
                asked.troubled = true;
                steps.failed.push((asked.id, cause, failures, retry_in));
            }
            News::Pods(found) => {
                asked.troubled = false;
                asked.settle(found, now, &mut self.next, &mut steps);
                if asked.is_listed() {
                    let cause = none_found(&asked.selector);
                    steps.failed.push((asked.id, cause, 1, Duration::ZERO));
                }
            }
        }
        steps
    }

    /// Takes rows away that went away before `since`; whether there were any.
    pub(crate) fn forget(&mut self, since: At) -> bool {
        let before = self.count();
        for entry in &mut self.entries {
            if let Entry::Pods(asked) = entry {
                asked
                    .rows
                    .retain(|_, row| row.gone.is_none_or(|at| at > since));
            }
        }
        self.count() < before
    }

    /// When the row that went away first did.
    pub(crate) fn first_gone(&self) -> Option<At> {
        let asked = self.entries.iter().filter_map(|entry| match entry {
            Entry::Pods(asked) => Some(asked),
            Entry::Fixed(..) => None,
        });
        let rows = asked.flat_map(|asked| asked.rows.values());
        rows.filter_map(|row| row.gone).min()
    }
}

impl Asked {
    /// Whether it has a row of its own.
    fn is_listed(&self) -> bool {
        self.troubled || self.rows.values().all(|row| row.gone.is_some())
    }

    fn settle(&mut self, found: Vec<Found>, now: At, next: &mut u32, steps: &mut Steps) {
        let mut there = BTreeSet::new();
        for Found { target, gone } in found {
            let key = key_of(&target);
            there.insert(key.clone());
            match (self.rows.get_mut(&key), gone) {
                (Some(row), None) => row.change(target, steps),
                (Some(row), Some(why)) => row.go(why, now, steps),
                (None, None) => {
                    let id = TargetId(*next);
                    *next += 1;
                    steps.start.push((id, target.clone()));
                    let row = Row {
                        id,
                        target,
                        gone: None,
                    };
                    self.rows.insert(key, row);
                }
                // It ended before anybody looked.
                (None, Some(_)) => {}
            }
        }
        let rows = self.rows.iter_mut();
        for (_, row) in rows.filter(|(key, _)| !there.contains(*key)) {
            row.go("the pod was deleted".to_owned(), now, steps);
        }
    }
}

impl Row {
    fn change(&mut self, target: Target, steps: &mut Steps) {
        if self.gone.is_none() && self.target.is_reached_like(&target) {
            if self.target != target {
                steps.wake.push(self.id);
            }
        } else {
            if self.gone.is_none() {
                steps.stop.push(self.id);
            }
            steps.anew.push(self.id);
            steps.start.push((self.id, target.clone()));
            self.gone = None;
        }
        self.target = target;
    }

    fn go(&mut self, why: String, now: At, steps: &mut Steps) {
        if self.gone.is_none() {
            self.gone = Some(now);
            steps.stop.push(self.id);
            let cause = Cause::Gone(why);
            steps.failed.push((self.id, cause, 0, Duration::ZERO));
        }
    }
}

/// What a row is known by: the pod's name, since one that comes again under it takes the place of the one before.
fn key_of(target: &Target) -> String {
    match target.pod() {
        Some(pod) => format!("{}/{}", pod.namespace, pod.name),
        None => target.url(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cutaway_model::Pod;

    use super::*;
    use crate::connect::{Connect, Nowhere};

    fn way() -> Arc<dyn Connect> {
        Arc::new(Nowhere(Cause::Refused))
    }

    fn pod(name: &str, way: &Arc<dyn Connect>, restarts: u32) -> Found {
        let pod = Pod {
            namespace: "sales".to_owned(),
            name: name.to_owned(),
            restarts,
            ..Pod::default()
        };
        let url = format!("k8s:sales/pod/{name}");
        let target = Target::through(name, url, Arc::clone(way));
        Found {
            target: target.in_pod(Arc::new(pod), 4000, None),
            gone: None,
        }
    }

    fn roster() -> Roster {
        let (items, bad) = Item::parse_list("4000,k8s:sales,4001");
        assert_eq!(bad, []);
        Roster::new(items)
    }

    fn rows(roster: &Roster) -> Vec<(u32, String)> {
        let info = |id, target: &Target| TargetInfo {
            id,
            name: target.name(),
            url: target.url(),
            pod: None,
        };
        let infos = roster.infos(info).into_iter();
        infos.map(|info| (info.id.0, info.name)).collect()
    }

    fn s(seconds: u64) -> At {
        Duration::from_secs(seconds)
    }

    fn started(steps: &Steps) -> Vec<u32> {
        steps.start.iter().map(|(id, _)| id.0).collect()
    }

    #[test]
    fn pods_stand_where_they_were_asked_for() {
        let (mut roster, way) = (roster(), way());
        let named = |id: u32, name: &str| (id, name.to_owned());
        let (first, last) = (named(0, "localhost:4000"), named(2, "localhost:4001"));
        assert_eq!(
            rows(&roster),
            [first.clone(), named(1, "k8s:sales"), last.clone()]
        );
        let steps = roster.take(
            1,
            News::Pods(vec![pod("b", &way, 0), pod("a", &way, 0)]),
            s(1),
        );
        assert_eq!((started(&steps), steps.failed.len()), (vec![3, 4], 0));
        assert_eq!(rows(&roster), [first, named(4, "a"), named(3, "b"), last]);
    }

    #[test]
    fn a_pod_that_went_away_stays_for_a_while() {
        let (mut roster, way) = (roster(), way());
        drop(roster.take(
            1,
            News::Pods(vec![pod("a", &way, 0), pod("b", &way, 0)]),
            s(1),
        ));
        let steps = roster.take(1, News::Pods(vec![pod("b", &way, 0)]), s(5));
        assert_eq!(steps.stop, [TargetId(3)]);
        let said = &steps.failed[0];
        assert_eq!(
            (said.0, &said.1),
            (TargetId(3), &Cause::Gone("the pod was deleted".to_owned()))
        );
        assert_eq!(roster.first_gone(), Some(s(5)));
        assert!(!roster.forget(s(4)) && rows(&roster).len() == 4);
        assert!(roster.forget(s(5)) && rows(&roster).len() == 3);
        assert_eq!(roster.first_gone(), None);
        // Again under this name: a row of its own, since the old one is forgotten.
        let steps = roster.take(
            1,
            News::Pods(vec![pod("a", &way, 0), pod("b", &way, 0)]),
            s(9),
        );
        assert_eq!(started(&steps), [5]);
    }

    #[test]
    fn one_that_comes_again_gets_its_row_back() {
        let (mut roster, old, new) = (roster(), way(), way());
        drop(roster.take(1, News::Pods(vec![pod("db-0", &old, 0)]), s(1)));
        drop(roster.take(1, News::Pods(Vec::new()), s(2)));
        let steps = roster.take(1, News::Pods(vec![pod("db-0", &new, 0)]), s(3));
        assert_eq!(
            (started(&steps), steps.anew, steps.stop),
            (vec![3], vec![TargetId(3)], vec![])
        );
        // Replaced without anybody noticing that it was away.
        let steps = roster.take(1, News::Pods(vec![pod("db-0", &old, 0)]), s(4));
        assert_eq!((started(&steps), steps.stop), (vec![3], vec![TargetId(3)]));
        // A restart of its container is no other pod.
        let steps = roster.take(1, News::Pods(vec![pod("db-0", &old, 1)]), s(5));
        assert_eq!((started(&steps), steps.wake), (vec![], vec![TargetId(3)]));
        let steps = roster.take(1, News::Pods(vec![pod("db-0", &old, 1)]), s(6));
        assert_eq!((started(&steps), steps.wake), (vec![], vec![]));
    }

    #[test]
    fn nothing_found_and_nobody_to_tell_have_a_row() {
        let (mut roster, way) = (roster(), way());
        let steps = roster.take(1, News::Pods(Vec::new()), s(1));
        assert!(matches!(
            &steps.failed[..],
            [(TargetId(1), Cause::NotFound(_), 1, _)]
        ));
        drop(roster.take(1, News::Pods(vec![pod("a", &way, 0)]), s(2)));
        assert_eq!(rows(&roster).len(), 3);
        let failed = News::Failed {
            cause: Cause::Refused,
            failures: 2,
            retry_in: s(1),
        };
        let steps = roster.take(1, failed, s(3));
        assert!(steps.stop.is_empty(), "what runs may still be read");
        assert_eq!(rows(&roster)[1], (1, "k8s:sales".to_owned()));
        drop(roster.take(1, News::Pods(vec![pod("a", &way, 0)]), s(4)));
        assert_eq!(rows(&roster).len(), 3);
    }
}
