use std::iter::repeat;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::shard::{self, Padded};
use crate::{Counter, Float, Gauge, Histogram, Value, json};

/// How many sets of label values a family keeps apart. Labels that come from outside (a path, a
/// user's name) would otherwise fill the memory.
pub const MAX_SERIES: usize = 1_000;

/// The value of every label of the series that takes what exceeds [`MAX_SERIES`].
const OTHER: &str = "other";

/// Variables of one kind, one for each set of label values: requests by method and status.
///
/// In the document it is an object nested once for each label:
/// `"requests": {"GET": {"200": 17, "404": 1}}`. Clones share the same series.
#[derive(Debug, Clone)]
pub struct Family<T> {
    core: Arc<Core<T>>,
}

#[derive(Debug)]
struct Core<T> {
    labels: Box<[Box<str>]>,
    /// The same series in each: threads that look one up would meet at a single lock. They are made under all locks.
    shards: Box<[Shard<T>]>,
}

type Shard<T> = Padded<RwLock<Sorted<T>>>;
/// Sorted by label values: found by binary search without allocating, and written in order.
type Sorted<T> = Vec<(Values, T)>;
type Values = Arc<[Box<str>]>;

impl<T: Series> Family<T> {
    pub(crate) fn new(labels: &[&str]) -> Self {
        let labels = labels.iter().map(|&label| label.into()).collect();
        Self {
            core: Arc::new(Core {
                labels,
                shards: shard::all(),
            }),
        }
    }

    /// The series of these label values, in the order of the label names; it is made at first use.
    ///
    /// A value that is missing counts as `""`, one too many is ignored. A family keeps
    /// [`MAX_SERIES`] sets apart; all further ones share a series whose labels are all `other`.
    /// Finding it takes some tens of nanoseconds: where that matters, keep what this returns, or use
    /// [`update`](Self::update) when the values are not known beforehand.
    pub fn with(&self, values: &[&str]) -> T {
        self.update(values, T::clone)
    }

    /// Does something with the series of these label values: `family.update(&["GET"], Counter::inc)`. Threads that do
    /// so do not slow each other down, as those do that take a handle from [`with`](Self::with) each time.
    ///
    /// `f` must not use the same family: it could wait for itself.
    pub fn update<R>(&self, values: &[&str], f: impl FnOnce(&T) -> R) -> R {
        if values.len() != self.core.labels.len() {
            return self.update(&self.exactly(values.iter().copied()), f);
        }
        let series = read(shard::own(&self.core.shards));
        if let Some(found) = self.find(&series, values) {
            return f(found);
        }
        drop(series);
        f(&self.find_or_insert(values))
    }

    /// The names of the labels.
    pub fn labels(&self) -> &[Box<str>] {
        &self.core.labels
    }

    fn find<'a>(&self, series: &'a Sorted<T>, values: &[&str]) -> Option<&'a T> {
        let at = match search(series, values) {
            Err(_) if series.len() >= MAX_SERIES => search(series, &self.others()).ok()?,
            at => at.ok()?,
        };
        Some(&series[at].1)
    }

    // ANCHOR: find_or_insert
    fn find_or_insert(&self, values: &[&str]) -> T {
        let shards = self.core.shards.iter();
        let mut shards: Vec<_> = shards
            .map(|shard| shard.0.write().unwrap_or_else(PoisonError::into_inner))
            .collect();
        // Another thread may have been quicker.
        if let Some(found) = self.find(&shards[0], values) {
            return found.clone();
        }
        let others = self.others();
        let values = if shards[0].len() < MAX_SERIES {
            values
        } else {
            &others
        };
        let at = search(&shards[0], values).unwrap_or_else(|at| at);
        let values: Values = values.iter().map(|&value| value.into()).collect();
        let made = T::default();
        for series in &mut shards {
            series.insert(at, (Arc::clone(&values), made.clone()));
        }
        made
    }
    // ANCHOR_END: find_or_insert

    fn others(&self) -> Vec<&'static str> {
        self.exactly(repeat(OTHER))
    }

    /// As many values as there are labels.
    fn exactly<'a>(&self, values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        values
            .chain(repeat(""))
            .take(self.core.labels.len())
            .collect()
    }

    pub(crate) fn read(&self) -> Value {
        let series = read(shard::own(&self.core.shards));
        let series = series.iter();
        Value::Family {
            labels: self.core.labels.to_vec(),
            series: series
                .map(|(values, series)| (Arc::clone(values), series.read()))
                .collect(),
        }
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        write_level(out, &read(shard::own(&self.core.shards)), 0);
    }
}

fn read<T>(shard: &RwLock<Sorted<T>>) -> RwLockReadGuard<'_, Sorted<T>> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn search<T>(series: &Sorted<T>, values: &[&str]) -> Result<usize, usize> {
    series.binary_search_by(|(have, _)| have.iter().map(AsRef::as_ref).cmp(values.iter().copied()))
}

/// Writes sorted series as objects nested by the labels from `depth` on.
fn write_level<T: Series>(out: &mut String, series: &[(Values, T)], depth: usize) {
    let groups = series.chunk_by(|a, b| a.0[depth] == b.0[depth]);
    json::object(
        out,
        groups.map(|group| (&group[0].0[depth], group)),
        |out, group| {
            if depth + 1 == group[0].0.len() {
                group[0].1.write_json(out);
            } else {
                write_level(out, group, depth + 1);
            }
        },
    );
}

/// What a [`Family`] can consist of. Implemented here for the kinds that make sense, and sealed.
pub trait Series: Clone + Default + sealed::Sealed {
    /// Writes the value as JSON.
    #[doc(hidden)]
    fn write_json(&self, out: &mut String);
    /// The value now.
    #[doc(hidden)]
    fn read(&self) -> Value;
}

impl Series for Counter {
    fn write_json(&self, out: &mut String) {
        json::display(out, self.value());
    }
    fn read(&self) -> Value {
        Value::Counter(self.value())
    }
}

impl Series for Gauge {
    fn write_json(&self, out: &mut String) {
        json::display(out, self.value());
    }
    fn read(&self) -> Value {
        Value::Gauge(self.value())
    }
}

impl Series for Float {
    fn write_json(&self, out: &mut String) {
        json::float(out, self.value());
    }
    fn read(&self) -> Value {
        Value::Float(self.value())
    }
}

impl Series for Histogram {
    fn write_json(&self, out: &mut String) {
        Histogram::write_json(self, out);
    }
    fn read(&self) -> Value {
        Value::Histogram(self.snapshot())
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::Counter {}
    impl Sealed for crate::Float {}
    impl Sealed for crate::Gauge {}
    impl Sealed for crate::Histogram {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn json<T: Series>(family: &Family<T>) -> String {
        let mut out = String::new();
        family.write_json(&mut out);
        out
    }

    #[test]
    fn nests_once_for_each_label_and_sorts() {
        let family = Family::<Counter>::new(&["method", "status"]);
        assert_eq!(json(&family), "{}");
        family.with(&["POST", "201"]).add(3);
        family.with(&["GET", "404"]).inc();
        family.with(&["GET", "200"]).add(2);
        assert_eq!(
            json(&family),
            r#"{"GET": {"200": 2, "404": 1}, "POST": {"201": 3}}"#
        );
    }

    #[test]
    fn finds_the_same_series_again() {
        let family = Family::<Gauge>::new(&["queue"]);
        family.with(&["b"]).set(1);
        family.with(&["a"]).set(2);
        family.with(&["b"]).inc();
        assert_eq!(family.clone().with(&["b"]).value(), 2);
    }

    #[test]
    fn too_few_values_are_empty_and_too_many_are_ignored() {
        let family = Family::<Counter>::new(&["a", "b"]);
        family.with(&["x"]).inc();
        family.with(&["x", "", "surplus"]).inc();
        family.with(&[]).inc();
        assert_eq!(json(&family), r#"{"": {"": 1}, "x": {"": 2}}"#);
    }

    #[test]
    fn what_exceeds_the_bound_is_counted_as_other() {
        let family = Family::<Counter>::new(&["user", "city"]);
        for user in 0..MAX_SERIES + 50 {
            family.with(&[&user.to_string(), "Łódź"]).inc();
        }
        assert_eq!(family.with(&["other", "other"]).value(), 50);
        assert_eq!(family.with(&["never seen", "Łódź"]).value(), 50);
        assert_eq!(family.with(&["0", "Łódź"]).value(), 1);
        assert!(json(&family).contains(r#""other": {"other": 50}"#));
    }

    #[test]
    fn threads_that_meet_at_a_new_series_share_it() {
        let family = Family::<Counter>::new(&["n"]);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    (0..2_000).for_each(|n| family.with(&[&(n % 500).to_string()]).inc());
                });
            }
        });
        let total: u64 = (0..500)
            .map(|n| family.with(&[&n.to_string()]).value())
            .sum();
        assert_eq!(total, 8_000);
    }

    #[test]
    fn histograms_nest_below_their_labels() {
        let family = Family::<Histogram>::new(&["route"]);
        family.with(&["/v1/orders"]).record(7);
        assert!(
            json(&family).starts_with(r#"{"/v1/orders": {"count": 1, "max": 7, "mean": 7.0, "#)
        );
    }
}
