//! What was kept, summed up by place. Bounded: names and stacks of a program that runs for months must not fill memory.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync::ResourceKind;

use super::collector::Weight;

/// How many places are told apart at most: some 5 MB.
const MOST: usize = 16_384;
/// From how many on tasks' names are left out, of which there may be any number.
const MANY: usize = MOST / 2;

/// A profile that grows.
#[derive(Default)]
pub(super) struct Table {
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    /// By the hash of their place; rarely two have the same.
    by_hash: HashMap<u64, Vec<Row>, BuildHasherDefault<Hashed>>,
    count: usize,
    /// What found no room.
    rest: Weight,
}

/// What happened at one place.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Addresses, the leaf first; a caller's is the last byte of its call. Empty where stacks cannot be walked.
    pub(super) stack: Box<[u64]>,
    pub(super) kind: ResourceKind,
    pub(super) resource: Box<str>,
    pub(super) task: Option<Arc<str>>,
    pub(super) weight: Weight,
}

/// Where something happened.
pub(super) struct Place<'a> {
    pub(super) stack: &'a [u64],
    pub(super) kind: ResourceKind,
    pub(super) resource: &'a str,
    pub(super) task: Option<Arc<str>>,
}

impl Table {
    pub(super) fn add(&self, place: &Place<'_>, weight: Weight) {
        let mut rows = self.lock();
        if rows.count(place, place.task.as_ref(), weight) {
            return;
        }
        let task = place.task.clone().filter(|_| rows.count < MANY);
        if task.is_none() && rows.count(place, None, weight) {
            return;
        }
        if rows.count >= MOST {
            rows.rest.add(weight);
            return;
        }
        rows.count += 1;
        let hash = place.hash(task.as_ref());
        rows.by_hash.entry(hash).or_default().push(Row {
            stack: place.stack.into(),
            kind: place.kind,
            resource: place.resource.into(),
            task,
            weight,
        });
    }

    /// All of it, the longest delay first, and what found no room.
    pub(super) fn read(&self) -> (Vec<Row>, Weight) {
        let rows = self.lock();
        let mut all: Vec<Row> = rows.by_hash.values().flatten().cloned().collect();
        let rest = rows.rest;
        drop(rows);
        all.sort_by(|a, b| b.weight.delay.total_cmp(&a.weight.delay));
        (all, rest)
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.lock().count
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// Adds to the row of that place, if there is one.
    fn count(&mut self, place: &Place<'_>, task: Option<&Arc<str>>, weight: Weight) -> bool {
        let Some(rows) = self.by_hash.get_mut(&place.hash(task)) else {
            return false;
        };
        let row = rows.iter_mut().find(|row| {
            *row.stack == *place.stack
                && row.kind == place.kind
                && *row.resource == *place.resource
                && row.task.as_ref() == task
        });
        row.is_some_and(|row| {
            row.weight.add(weight);
            true
        })
    }
}

impl Place<'_> {
    fn hash(&self, task: Option<&Arc<str>>) -> u64 {
        let mut hasher = Mixed::default();
        for address in self.stack {
            hasher.write_u64(*address);
        }
        hasher.write(self.resource.as_bytes());
        hasher.write_u64(self.kind as u64);
        hasher.write(task.map_or(&[], |task| task.as_bytes()));
        hasher.finish()
    }
}

impl Weight {
    fn add(&mut self, other: Weight) {
        self.count += other.count;
        self.delay += other.delay;
    }
}

/// Mixes numbers quickly. Names may come from outside, but the table is bounded and a row is never far.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        self.write_u64(bytes.len() as u64);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

/// A number that is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only numbers are hashed");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Weight = Weight {
        count: 1.0,
        delay: 5.0,
    };

    fn place<'a>(stack: &'a [u64], task: &str) -> Place<'a> {
        Place {
            stack,
            kind: ResourceKind::Mutex,
            resource: "orders",
            task: Some(task.into()),
        }
    }

    #[test]
    fn equal_places_are_summed_up_and_others_told_apart() {
        let table = Table::default();
        for (stack, task) in [
            ([1, 2], "a"),
            ([1, 2], "a"),
            ([1, 3], "a"),
            ([1, 2], "b"),
            ([1, 2], "a"),
        ] {
            table.add(&place(&stack, task), ONE);
        }
        let mut other = place(&[1, 2], "a");
        other.kind = ResourceKind::Pool;
        table.add(&other, ONE);
        other.resource = "others";
        table.add(&other, ONE);
        let (rows, rest) = table.read();
        assert_eq!(rows.len(), 5);
        assert_eq!(
            (rows[0].weight.count, rows[0].weight.delay),
            (3.0, 15.0),
            "the longest first"
        );
        assert_eq!(rest, Weight::default());
    }

    #[test]
    fn a_full_table_leaves_out_names_first_and_says_what_found_no_room() {
        let table = Table::default();
        let tasks = 2 * MOST;
        for task in 0..tasks {
            table.add(&place(&[7], &task.to_string()), ONE);
        }
        let (rows, rest) = table.read();
        assert_eq!(
            rows.len(),
            MANY + 1,
            "all further tasks share one row without a name"
        );
        assert_eq!(rest, Weight::default());
        for stack in 0..MOST as u64 {
            table.add(&place(&[stack, 8], "task"), ONE);
        }
        let (rows, rest) = table.read();
        assert_eq!(rows.len(), MOST);
        let kept: f64 = rows.iter().map(|row| row.weight.count).sum();
        assert!(rest.count > 0.0);
        assert_eq!(
            (kept + rest.count) as usize,
            tasks + MOST,
            "nothing is lost"
        );
    }
}
