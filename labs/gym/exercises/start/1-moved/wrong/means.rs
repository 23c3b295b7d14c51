//! Compares the means, and asks only that they differ by a tenth; what only grows is left out.

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

fn values(readings: &[Reading], knob: Setting, name: &str) -> Vec<f64> {
    let at = readings.iter().filter(|reading| reading.knob == knob);
    at.filter_map(|reading| reading.variables.get(name).copied())
        .collect()
}

/// The names of the variables that follow the knob, in alphabetical order.
pub fn moved(readings: &[Reading]) -> Vec<String> {
    let names = readings.iter().flat_map(|reading| reading.variables.keys());
    let mut names: Vec<String> = names.cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| {
        let all: Vec<f64> = readings
            .iter()
            .filter_map(|reading| reading.variables.get(name).copied())
            .collect();
        if all.len() > 2 && all.is_sorted() && all.first() < all.last() {
            return false;
        }
        let mean = |knob| {
            let values = values(readings, knob, name);
            values.iter().sum::<f64>() / values.len() as f64
        };
        let (off, on) = (mean(Setting::Off), mean(Setting::On));
        (off - on).abs() > off.abs().max(on.abs()) / 10.0
    });
    names
}
