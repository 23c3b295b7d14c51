//! Which of a program's variables follow its knob?

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

//: solution
/// The smallest and the largest value at one setting; nothing if it was never published there.
fn range(readings: &[Reading], knob: Setting, name: &str) -> Option<(f64, f64)> {
    let at = readings.iter().filter(|reading| reading.knob == knob);
    let values = at.filter_map(|reading| reading.variables.get(name).copied());
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

//: starter
//: end
/// The names of the variables that follow the knob, in alphabetical order.
pub fn moved(readings: &[Reading]) -> Vec<String> {
    //: solution
    let names = readings.iter().flat_map(|reading| reading.variables.keys());
    let mut names: Vec<String> = names.cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| {
        let off = range(readings, Setting::Off, name);
        let on = range(readings, Setting::On, name);
        match (off, on) {
            (Some((low, high)), Some((lowest, highest))) => high < lowest || highest < low,
            (None, None) => false,
            _ => true,
        }
    });
    names
    //: starter
    //| // Every variable that differs between the first reading and the last.
    //| let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
    //|     return Vec::new();
    //| };
    //| let differs = |(name, value): &(&String, &f64)| first.variables.get(*name) != Some(*value);
    //| let names = last.variables.iter().filter(differs);
    //| names.map(|(name, _)| name.clone()).collect()
    //: end
}
