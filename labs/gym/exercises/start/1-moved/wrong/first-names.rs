//! Knows only the names of the first reading.

use std::collections::BTreeMap;

/// Where the knob stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// At its first value.
    Off,
    /// At its second value.
    On,
}

/// All variables that the program published at one moment.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Where the knob stood.
    pub knob: Setting,
    /// Each variable's value, by name.
    pub variables: BTreeMap<String, f64>,
}

/// The smallest and the largest value at one setting; nothing if it was never published there.
fn range(readings: &[Reading], knob: Setting, name: &str) -> Option<(f64, f64)> {
    let at = readings.iter().filter(|reading| reading.knob == knob);
    let values = at.filter_map(|reading| reading.variables.get(name).copied());
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// The names of the variables that follow the knob, in alphabetical order.
pub fn moved(readings: &[Reading]) -> Vec<String> {
    let Some(first) = readings.first() else {
        return Vec::new();
    };
    let names = first.variables.keys().filter(|name| {
        match (
            range(readings, Setting::Off, name),
            range(readings, Setting::On, name),
        ) {
            (Some((low, high)), Some((lowest, highest))) => high < lowest || highest < low,
            _ => false,
        }
    });
    names.cloned().collect()
}
