//! What the tests of several modules need.

use std::collections::HashMap;
use std::sync::Arc;

use profile::{Function, Label, LabelValue, Line, Location, Profile, Sample, ValueType};

/// A CPU profile of these stacks, `root;…;leaf`, each with its nanoseconds; `file` tells each function's file.
pub(crate) fn profile_of(stacks: &[(&str, i64)], file: fn(&str) -> &str) -> Arc<Profile> {
    let stacks: Vec<(&str, Vec<i64>, &str)> = stacks
        .iter()
        .map(|(stack, value)| (*stack, vec![*value], ""))
        .collect();
    profile_with(&[("cpu", "nanoseconds")], &stacks, file)
}

/// A profile of these sample types and stacks, each with its values and with labels, `key=value key=value`.
pub(crate) fn profile_with(
    types: &[(&str, &str)],
    stacks: &[(&str, Vec<i64>, &str)],
    file: fn(&str) -> &str,
) -> Arc<Profile> {
    let mut profile = Profile {
        sample_types: types
            .iter()
            .map(|(kind, unit)| ValueType::new(kind, unit))
            .collect(),
        ..Profile::default()
    };
    let mut known: HashMap<&str, u32> = HashMap::new();
    for (stack, values, labels) in stacks {
        let locations = stack.rsplit(';').map(|name| {
            *known.entry(name).or_insert_with(|| {
                let function = profile.functions.len() as u32;
                let filename = file(name).into();
                profile.functions.push(Function {
                    name: name.into(),
                    filename,
                    ..Function::default()
                });
                let line = Line {
                    function,
                    line: i64::from(function) + 10,
                };
                profile.locations.push(Location {
                    lines: vec![line],
                    ..Location::default()
                });
                function
            })
        });
        let label = |label: &str| {
            let (key, value) = label.split_once('=').expect("key=value");
            Label {
                key: key.into(),
                value: LabelValue::Text(value.into()),
            }
        };
        profile.samples.push(Sample {
            locations: locations.collect(),
            values: values.clone(),
            labels: labels.split_whitespace().map(label).collect(),
        });
    }
    Arc::new(profile)
}
