//! Profiles made up, the same for the same seed, in the shape of real ones: few hot functions, many cold, stacks that
//! share their roots.

use profile::{Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType};

use crate::random::Random;

/// A CPU profile with so many samples.
pub(crate) fn profile(samples: usize, seed: u64) -> Profile {
    let mut random = Random::new(seed);
    let functions = (samples / 10).clamp(4, 5_000);
    let locations = functions * 2;
    let threads: Vec<LabelValue> = (0..8)
        .map(|number| LabelValue::Text(format!("worker-{number}").into()))
        .collect();
    Profile {
        sample_types: vec![
            ValueType::new("samples", "count"),
            ValueType::new("cpu", "nanoseconds"),
        ],
        functions: (0..functions).map(function).collect(),
        locations: (0..locations)
            .map(|at| location(at, functions, &mut random))
            .collect(),
        samples: (0..samples)
            .map(|_| sample(locations, &threads, &mut random))
            .collect(),
        mappings: vec![Mapping {
            memory_start: 0x40_0000,
            memory_limit: 0x100_0000,
            filename: "/srv/bin/sales-api".into(),
            build_id: "0123456789abcdef".into(),
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
            ..Mapping::default()
        }],
        period_type: Some(ValueType::new("cpu", "nanoseconds")),
        period: 10_000_000,
        time_nanos: 1_700_000_000_000_000_000,
        duration_nanos: 30_000_000_000,
        default_sample_type: Some("cpu".into()),
        ..Profile::default()
    }
}

fn function(number: usize) -> Function {
    let name = format!(
        "sales::module_{}::<impl Handler for Route{number}>::call",
        number % 97
    );
    Function {
        system_name: format!("_ZN5sales{number}call17h0123456789abcdefE").into(),
        filename: format!("/srv/src/module_{}.rs", number % 97).into(),
        start_line: number as i64 % 900 + 1,
        name: name.into(),
    }
}

/// One in three has an inlined frame.
fn location(at: usize, functions: usize, random: &mut Random) -> Location {
    let mut line = || Line {
        function: random.below(functions) as u32,
        line: random.below(900) as i64 + 1,
    };
    let mut lines = vec![line()];
    if at.is_multiple_of(3) {
        lines.push(line());
    }
    Location {
        address: 0x40_0000 + at as u64 * 16,
        mapping: Some(0),
        lines,
        folded: false,
    }
}

/// Callers depend on the callee alone, so that roots are shared as in a real call tree.
fn sample(locations: usize, threads: &[LabelValue], random: &mut Random) -> Sample {
    let depth = 8 + random.below(24);
    // The smaller of two: leaves are skewed towards few.
    let mut at = random.below(locations).min(random.below(locations));
    let stack = (0..depth).map(|_| {
        let here = at as u32;
        at = (at * 3 + 1) % locations;
        here
    });
    let count = 1 + random.below(3) as i64;
    Sample {
        locations: stack.collect(),
        values: vec![count, count * 10_000_000],
        labels: vec![Label {
            key: "thread".into(),
            value: random.pick(threads).clone(),
        }],
    }
}
