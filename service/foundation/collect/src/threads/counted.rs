//! From names to a profile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use profile::{Function, Label, LabelValue, Line, Location, Profile, Sample, ValueType};

/// One sample for each name.
pub(super) fn profile(names: Vec<String>) -> Profile {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let count = ValueType::new("threadcreate", "count");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut profile = Profile {
        sample_types: vec![count.clone()],
        period_type: Some(count),
        period: 1,
        time_nanos: now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)),
        comments: vec!["Threads alive, by name; where they were created is not known.".to_owned()],
        ..Profile::default()
    };
    for (name, count) in counts {
        let location = location(&mut profile, common(&name));
        profile.samples.push(Sample {
            locations: vec![location],
            values: vec![count],
            labels: vec![Label {
                key: "thread".into(),
                value: LabelValue::Text(name.into()),
            }],
        });
    }
    profile.samples.sort_by_key(|sample| -sample.value(0));
    profile
}

/// The place that stands for threads of a name.
fn location(profile: &mut Profile, name: &str) -> u32 {
    let named = |function: &Function| *function.name == *name;
    if let Some(known) = profile.functions.iter().position(named) {
        return known as u32;
    }
    let function = profile.functions.len() as u32;
    let shared: Arc<str> = name.into();
    profile.functions.push(Function {
        name: Arc::clone(&shared),
        system_name: shared,
        ..Function::default()
    });
    profile.locations.push(Location {
        lines: vec![Line { function, line: 0 }],
        ..Location::default()
    });
    function
}

/// The name without the number at its end.
fn common(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = if stem.len() < name.len() {
        stem.trim_end_matches(['-', '_', ' ', '#', ':', '/'])
    } else {
        stem
    };
    match (stem, name) {
        ("", "") => "(unnamed)",
        ("", _) => name,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_a_number_have_one_frame() {
        for (name, expected) in [
            ("worker-1", "worker"),
            ("worker 12", "worker"),
            ("w0", "w"),
            ("tokio-rt-worker", "tokio-rt-worker"),
            ("trailing-", "trailing-"),
            ("42", "42"),
            ("", "(unnamed)"),
        ] {
            assert_eq!(common(name), expected, "{name}");
        }
        let names = ["w1", "main", "w2", "w2", ""].map(str::to_owned);
        let profile = profile(names.to_vec());
        let of = |sample: &Sample| {
            let location = &profile.locations[sample.locations[0] as usize];
            let function = location.lines[0].function;
            let name = &*profile.functions[function as usize].name;
            (name, sample.labels[0].value.clone(), sample.value(0))
        };
        let text = |text: &str| LabelValue::Text(text.into());
        assert_eq!(
            profile.samples.iter().map(of).collect::<Vec<_>>(),
            [
                ("w", text("w2"), 2),
                ("(unnamed)", text(""), 1),
                ("main", text("main"), 1),
                ("w", text("w1"), 1),
            ]
        );
    }
}
