//! The labels of samples and what those cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutaway_model::sanitize;
use profile::tags;

use crate::flame::Shown;
use crate::progress::Progress;

/// Keys and values, in the order of the screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags {
    pub(crate) rows: Vec<TagRow>,
    /// The row the cursor is on.
    pub(crate) cursor: usize,
}

/// A key, or a value below its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagRow {
    /// The key's or the value's name; safe for the screen.
    pub(crate) name: Arc<str>,
    pub(crate) amount: i64,
    pub(crate) base: i64,
    /// Of a value: what all values of the key add up to, and the filter for samples that have it.
    pub(crate) value: Option<(i64, Arc<str>)>,
}

/// The most values shown of one key.
const MAX_VALUES: usize = 1_000;

impl Tags {
    /// Shows these rows.
    pub(super) fn put(&mut self, rows: Vec<TagRow>) {
        self.rows = rows;
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
    }

    pub(crate) fn selected(&self) -> Option<&TagRow> {
        self.rows.get(self.cursor)
    }
}

/// The labels of profiles. It takes a step of `progress` for each sample.
pub(super) fn tag_rows(shown: &Shown, progress: &Progress) -> Vec<TagRow> {
    type Values = BTreeMap<(String, String), (i64, i64)>;
    let mut keys: BTreeMap<Arc<str>, Values> = BTreeMap::new();
    for (parts, base) in [(&shown.now, false), (&shown.base, true)] {
        for part in parts.iter().take_while(|_| progress.is_wanted()) {
            for tag in tags::table(&part.profile, part.index) {
                let values = keys.entry(tag.key).or_default();
                for value in tag.values {
                    let sum = values.entry((value.name, value.filter)).or_default();
                    let side = if base { &mut sum.1 } else { &mut sum.0 };
                    *side = side.saturating_add(value.amount);
                }
            }
            progress.step(part.profile.samples.len());
        }
    }
    let mut rows = Vec::new();
    for (key, values) in keys {
        list(&mut rows, &key, values.into_iter().collect());
    }
    rows
}

/// A value's name and filter, what it took, and what it took in the base.
type Value = ((String, String), (i64, i64));

fn list(rows: &mut Vec<TagRow>, key: &str, mut values: Vec<Value>) {
    let sum = |side: fn(&(i64, i64)) -> i64| {
        let amounts = values.iter().map(|(_, amounts)| side(amounts));
        amounts.fold(0, i64::saturating_add)
    };
    let (total, base) = (sum(|of| of.0), sum(|of| of.1));
    rows.push(TagRow {
        name: sanitize(key).into(),
        amount: total,
        base,
        value: None,
    });
    let change = |(now, base): (i64, i64)| now.saturating_sub(base).unsigned_abs();
    values.sort_by(|(a, x), (b, y)| change(*y).cmp(&change(*x)).then_with(|| a.cmp(b)));
    for ((name, filter), (amount, base)) in values.into_iter().take(MAX_VALUES) {
        rows.push(TagRow {
            name: sanitize(&name).into(),
            amount,
            base,
            value: Some((total, filter.into())),
        });
    }
}
