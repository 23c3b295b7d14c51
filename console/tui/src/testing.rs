//! What the tests of several modules need.

use std::collections::HashMap;
use std::sync::Arc;

use profile::{Function, Line, Location, Profile, Sample, ValueType};

/// A CPU profile of these stacks, `root;…;leaf`, each with its nanoseconds; `file` tells each function's file.
pub(crate) fn profile_of(stacks: &[(&str, i64)], file: fn(&str) -> &str) -> Arc<Profile> {
    let mut profile = Profile {
        sample_types: vec![ValueType::new("cpu", "nanoseconds")],
        ..Profile::default()
    };
    let mut known: HashMap<&str, u32> = HashMap::new();
    for (stack, value) in stacks {
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
        profile.samples.push(Sample {
            locations: locations.collect(),
            values: vec![*value],
            labels: vec![],
        });
    }
    Arc::new(profile)
}
