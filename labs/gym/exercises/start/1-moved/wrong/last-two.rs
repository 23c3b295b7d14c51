//! Compares two readings, one of each setting.

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

/// The names of the variables that follow the knob, in alphabetical order.
pub fn moved(readings: &[Reading]) -> Vec<String> {
    let last = |knob: Setting| readings.iter().rev().find(|reading| reading.knob == knob);
    let (Some(off), Some(on)) = (last(Setting::Off), last(Setting::On)) else {
        return Vec::new();
    };
    let names = off.variables.keys().chain(on.variables.keys());
    let mut names: Vec<String> = names
        .filter(|name| off.variables.get(*name) != on.variables.get(*name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}
