//! Labels and what their samples cost: what `go tool pprof -tags` prints.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{LabelValue, Profile, units};

/// A key of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub key: Arc<str>,
    /// The sum over all of its values.
    pub total: i64,
    /// Its values, the largest amount first, then by name.
    pub values: Vec<Value>,
}

/// A value that labels of one key have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value for people: text as it is, a number in a unit that suits it.
    pub name: String,
    /// What the samples with it add up to.
    pub amount: i64,
    /// What [`Filter::tag_focus`](crate::Filter::tag_focus) and
    /// [`Filter::tag_ignore`](crate::Filter::tag_ignore) take for samples with this value.
    pub filter: String,
}

/// All keys, by name, with the values at `index` in [`Profile::sample_types`].
pub fn table(profile: &Profile, index: usize) -> Vec<Tag> {
    let units = profile.label_units();
    let mut sums: BTreeMap<Arc<str>, BTreeMap<(String, String), i64>> = BTreeMap::new();
    for sample in &profile.samples {
        let amount = sample.value(index);
        for label in &sample.labels {
            let unit = units.get(&*label.key).map_or("", String::as_str);
            let value = named(&label.key, &label.value, unit);
            let sum = sums.entry(Arc::clone(&label.key)).or_default();
            let sum = sum.entry(value).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    sums.into_iter().map(|(key, sums)| tag(key, sums)).collect()
}

fn tag(key: Arc<str>, sums: BTreeMap<(String, String), i64>) -> Tag {
    let total = sums
        .values()
        .fold(0_i64, |sum, amount| sum.saturating_add(*amount));
    let value = |((name, filter), amount)| Value {
        name,
        amount,
        filter,
    };
    let mut values: Vec<Value> = sums.into_iter().map(value).collect();
    values.sort_by(|a, b| {
        let order = |value: &Value| Reverse(value.amount.unsigned_abs());
        (order(a), &a.name).cmp(&(order(b), &b.name))
    });
    Tag { key, total, values }
}

/// A value for people, and the filter that it is found by.
fn named(key: &str, value: &LabelValue, unit: &str) -> (String, String) {
    match value {
        LabelValue::Text(text) => {
            // A comma would begin another expression.
            let exact = regex::escape(text).replace(',', "\\x2C");
            (text.to_string(), format!("{key}=^{exact}$"))
        }
        LabelValue::Number(number, _) => {
            let letters = unit.bytes().all(|b| b.is_ascii_alphabetic());
            let suffix = if letters { unit } else { "" };
            (
                units::label(*number, unit, "auto"),
                format!("{key}={number}{suffix}"),
            )
        }
    }
}
