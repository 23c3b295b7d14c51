//! What was ordered and given back, and what the service has acknowledged of it: what the check at the end compares with.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::api::Item;

/// So many acknowledged orders are kept for the check, the latest ones: some 24 MB.
const KEPT: usize = 1_000_000;

/// Pieces by product.
pub(crate) type Pieces = BTreeMap<i64, i64>;

/// The ledger of a run.
#[derive(Debug)]
pub(crate) struct Ledger {
    entries: Mutex<Entries>,
    keep: usize,
}

/// What is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    /// Orders that were acknowledged.
    pub placed: u64,
    /// Orders that may or may not have been placed: no answer that says so.
    pub maybe_placed: u64,
    /// Orders whose return was acknowledged.
    pub returned: u64,
    /// Orders that may or may not have been given back.
    pub maybe_returned: u64,
    /// Pieces of orders that were acknowledged and not given back.
    pub standing: Pieces,
    /// Pieces that may have been sold on top of that.
    pub maybe: Pieces,
    /// The latest acknowledged orders.
    pub receipts: VecDeque<Receipt>,
    /// Those that are given back, or about to be.
    pub given_back: BTreeMap<i64, Return>,
}

/// An order that was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Receipt {
    pub id: i64,
    /// Of what was ordered.
    pub digest: u64,
}

/// How far a return has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// Acknowledged.
    Done,
    /// It may have happened.
    Maybe,
}

/// How a request that changes something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled<T> {
    /// It was done, and the service said so.
    Acknowledged(T),
    /// It was not done.
    NotDone,
    /// Nobody knows.
    Unsure,
}

impl Ledger {
    /// One that keeps single orders only if somebody will check them.
    pub(crate) fn new(checked: bool) -> Ledger {
        Ledger {
            entries: Mutex::default(),
            keep: if checked { KEPT } else { 0 },
        }
    }

    /// An order is about to be sent.
    pub(crate) fn ordering(&self, items: &[Item]) {
        let mut entries = self.lock();
        entries.maybe_placed += 1;
        add(&mut entries.maybe, items, 1);
    }

    /// It has ended.
    pub(crate) fn ordered(&self, items: &[Item], end: Settled<i64>) {
        let mut entries = self.lock();
        if end == Settled::Unsure {
            return;
        }
        entries.maybe_placed -= 1;
        add(&mut entries.maybe, items, -1);
        let Settled::Acknowledged(id) = end else {
            return;
        };
        entries.placed += 1;
        add(&mut entries.standing, items, 1);
        if self.keep == 0 {
            return;
        }
        if entries.receipts.len() == self.keep
            && let Some(oldest) = entries.receipts.pop_front()
        {
            entries.given_back.remove(&oldest.id);
        }
        let digest = digest(items.iter().map(|item| (item.product_id, item.quantity)));
        entries.receipts.push_back(Receipt { id, digest });
    }

    /// An order is about to be given back.
    pub(crate) fn returning(&self, id: i64, items: &[Item]) {
        let mut entries = self.lock();
        entries.maybe_returned += 1;
        add(&mut entries.standing, items, -1);
        add(&mut entries.maybe, items, 1);
        if self.keep > 0 {
            entries.given_back.insert(id, Return::Maybe);
        }
    }

    /// That has ended.
    pub(crate) fn returned(&self, id: i64, items: &[Item], end: Settled<()>) {
        let mut entries = self.lock();
        match end {
            Settled::Unsure => return,
            Settled::Acknowledged(()) => {
                entries.returned += 1;
                if let Some(known) = entries.given_back.get_mut(&id) {
                    *known = Return::Done;
                }
            }
            Settled::NotDone => {
                add(&mut entries.standing, items, 1);
                entries.given_back.remove(&id);
            }
        }
        entries.maybe_returned -= 1;
        add(&mut entries.maybe, items, -1);
    }

    /// What is in it now.
    pub(crate) fn entries(&self) -> Entries {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(pieces: &mut Pieces, items: &[Item], sign: i64) {
    for item in items {
        *pieces.entry(item.product_id).or_default() += sign * i64::from(item.quantity);
    }
}

/// The same for the same items, in whatever order they come.
pub(crate) fn digest(items: impl Iterator<Item = (i64, u32)>) -> u64 {
    let mut items: Vec<(i64, u32)> = items.collect();
    items.sort_unstable();
    let mut hasher = DefaultHasher::new();
    items.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(product_id: i64, quantity: u32) -> Vec<Item> {
        vec![Item {
            product_id,
            quantity,
        }]
    }

    #[test]
    fn pieces_are_certain_only_once_they_are_acknowledged() {
        let ledger = Ledger::new(true);
        let two = items(1, 2);
        for end in [Settled::Acknowledged(7), Settled::NotDone, Settled::Unsure] {
            ledger.ordering(&two);
            ledger.ordered(&two, end);
        }
        ledger.ordering(&two);
        let entries = ledger.entries();
        assert_eq!((entries.placed, entries.maybe_placed), (1, 2));
        assert_eq!((entries.standing[&1], entries.maybe[&1]), (2, 4));
        assert_eq!(entries.receipts.len(), 1);
    }

    #[test]
    fn what_is_given_back_is_uncertain_until_that_is_acknowledged() {
        let ledger = Ledger::new(true);
        let two = items(1, 2);
        for id in 1..=4 {
            ledger.ordering(&two);
            ledger.ordered(&two, Settled::Acknowledged(id));
        }
        for (id, end) in [
            (1, Settled::Acknowledged(())),
            (2, Settled::NotDone),
            (3, Settled::Unsure),
        ] {
            ledger.returning(id, &two);
            ledger.returned(id, &two, end);
        }
        let entries = ledger.entries();
        assert_eq!((entries.returned, entries.maybe_returned), (1, 1));
        assert_eq!((entries.standing[&1], entries.maybe[&1]), (4, 2));
        assert_eq!(
            entries.given_back,
            BTreeMap::from([(1, Return::Done), (3, Return::Maybe)])
        );
    }

    #[test]
    fn a_digest_does_not_depend_on_the_order_of_items() {
        let of = |items: &[(i64, u32)]| digest(items.iter().copied());
        assert_eq!(of(&[(1, 2), (3, 1)]), of(&[(3, 1), (1, 2)]));
        assert_ne!(of(&[(1, 2)]), of(&[(1, 1)]));
    }
}
