//! What a function returned, as metrics.

use std::sync::Arc;

use expvar::read::Path;
use expvar::{About, Variable};
use serde_json::Value;

use super::families::{Families, Measure};

/// Adds each number and flag in the value; texts become labels.
pub(super) fn add(families: &mut Families, variable: &Variable, value: &Value) {
    let mut walk = Walk { families, variable };
    walk.value(&variable.path, value);
}

struct Walk<'a> {
    families: &'a mut Families,
    variable: &'a Variable,
}

impl Walk<'_> {
    fn value(&mut self, path: &Path, value: &Value) {
        match value {
            Value::String(text) => self.families.text(path, text),
            Value::Object(members) => {
                for (key, member) in members {
                    self.value(&path.child(key.as_str()), member);
                }
            }
            Value::Array(items) => self.items(path, items),
            value => self.number(path, [(None, value)]),
        }
    }

    /// An array: of numbers, or of objects with numbers.
    fn items(&mut self, path: &Path, items: &[Value]) {
        let indexed = |value| {
            items
                .iter()
                .enumerate()
                .map(move |(at, item)| (Some(at), value_of(item, value)))
        };
        self.number(path, indexed(None));
        let mut keys: Vec<&String> = items
            .iter()
            .filter_map(Value::as_object)
            .flat_map(|item| item.keys())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            self.number(&path.child(key.as_str()), indexed(Some(key)));
        }
    }

    /// A family of the values that are numbers or flags.
    fn number<'v>(
        &mut self,
        path: &Path,
        values: impl IntoIterator<Item = (Option<usize>, &'v Value)>,
    ) {
        let mut is_flag = true;
        let mut samples = Vec::new();
        for (index, value) in values {
            let number = match value {
                Value::Bool(flag) => f64::from(u8::from(*flag)),
                Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
                _ => continue,
            };
            is_flag &= value.is_boolean();
            samples.push((index.map(|index| index.to_string()), number));
        }
        if !samples.is_empty() {
            let measure = Measure::new(path, self.about(path));
            self.families.add_numbers(&measure, is_flag, &samples);
        }
    }

    /// The description of what is at `path`.
    fn about(&self, path: &Path) -> Option<Arc<About>> {
        let above = self.variable.path.segments().len();
        let below = &path.segments()[above..];
        if below.is_empty() {
            return self.variable.about.clone();
        }
        let inside = self
            .variable
            .inside
            .iter()
            .find(|(path, _)| path.segments() == below);
        inside.map(|(_, about)| Arc::clone(about))
    }
}

/// The item itself, or its member `key`; `null` if it has none.
fn value_of<'v>(item: &'v Value, key: Option<&String>) -> &'v Value {
    match key {
        None => item,
        Some(key) => item.get(key).unwrap_or(&Value::Null),
    }
}
