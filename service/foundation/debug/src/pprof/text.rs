//! Profiles as text, for `debug=1`: in the form of Go's, which `go tool pprof` still reads.

use std::fmt::Write as _;

use profile::{Profile, Sample};

/// What the first line of a profile says, and how each of its samples begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Objects and bytes in use, and in brackets all that were ever allocated.
    Heap,
    /// Time and number of waits; the name is that of Go's first line.
    Contention(&'static str),
    /// How many there are of each; the name is the profile's.
    Count(&'static str),
}

/// The profile as text: the samples with the largest value first, each with its addresses and a comment per frame.
pub(crate) fn write(profile: &Profile, form: Form) -> String {
    let mut text = header(profile, form);
    let mut samples: Vec<&Sample> = profile.samples.iter().collect();
    let weight = |sample: &Sample| match form {
        Form::Heap => value(profile, sample, "inuse_space"),
        Form::Contention(_) => value(profile, sample, "delay"),
        Form::Count(_) => sample.value(0),
    };
    samples.sort_by_key(|sample| std::cmp::Reverse(weight(sample)));
    for sample in samples {
        let value = |kind| value(profile, sample, kind);
        // Writing to a string cannot fail.
        let _ = match form {
            Form::Heap => write!(
                text,
                "{}: {} [{}: {}] @",
                value("inuse_objects"),
                value("inuse_space"),
                value("alloc_objects"),
                value("alloc_space")
            ),
            Form::Contention(_) => write!(text, "{} {} @", value("delay"), value("contentions")),
            Form::Count(_) => write!(text, "{} @", sample.value(0)),
        };
        stack(&mut text, profile, sample);
    }
    if form == Form::Heap {
        memstats(&mut text);
    }
    text
}

/// What the allocator knows of the whole heap, as comments.
fn memstats(text: &mut String) {
    let Some(stats) = collect::memstats::read() else {
        return;
    };
    text.push_str("\n# runtime.MemStats\n");
    for (name, value) in stats.fields() {
        let _ = writeln!(text, "# {name} = {value}");
    }
}

fn header(profile: &Profile, form: Form) -> String {
    let total = |kind| {
        let samples = profile.samples.iter();
        samples.fold(0_i64, |sum, sample| {
            sum.saturating_add(value(profile, sample, kind))
        })
    };
    match form {
        // That of a profile whose values are estimates already: a reader must not scale them again.
        Form::Heap => format!(
            "heap profile: {}: {} [{}: {}] @ heapprofile\n",
            total("inuse_objects"),
            total("inuse_space"),
            total("alloc_objects"),
            total("alloc_space")
        ),
        Form::Contention(name) => {
            format!("--- {name}:\ncycles/second=1000000000\nsampling period=1\n")
        }
        Form::Count(name) => format!("{name} profile: total {}\n", profile.total(0)),
    }
}

fn value(profile: &Profile, sample: &Sample, kind: &str) -> i64 {
    let mut types = profile.sample_types.iter();
    types
        .position(|sample_type| sample_type.kind == kind)
        .map_or(0, |index| sample.value(index))
}

fn stack(text: &mut String, profile: &Profile, sample: &Sample) {
    let locations = || {
        let indexes = sample.locations.iter();
        indexes.filter_map(|index| profile.locations.get(*index as usize))
    };
    for location in locations() {
        let _ = write!(text, " {:#x}", location.address);
    }
    text.push('\n');
    for location in locations() {
        for line in &location.lines {
            let Some(function) = profile.functions.get(line.function as usize) else {
                continue;
            };
            let _ = writeln!(
                text,
                "#\t{:#x}\t{}\t{}:{}",
                location.address, function.name, function.filename, line.line
            );
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use profile::{Function, Line, Location, ValueType};

    use super::*;

    fn profile(types: &[(&str, &str)], samples: &[&[i64]]) -> Profile {
        let function = |name: &str| Function {
            name: name.into(),
            filename: "src/main.rs".into(),
            ..Function::default()
        };
        let line = |function, line| Line { function, line };
        Profile {
            sample_types: types
                .iter()
                .map(|(kind, unit)| ValueType::new(kind, unit))
                .collect(),
            functions: vec![function("inlined"), function("outer"), function("main")],
            locations: vec![
                Location {
                    address: 0x10ff,
                    lines: vec![line(0, 3), line(1, 7)],
                    ..Location::default()
                },
                Location {
                    address: 0x2000,
                    lines: vec![line(2, 1)],
                    ..Location::default()
                },
            ],
            samples: samples
                .iter()
                .map(|values| Sample {
                    locations: vec![0, 1],
                    values: values.to_vec(),
                    labels: vec![],
                })
                .collect(),
            ..Profile::default()
        }
    }

    const STACK: &str = " 0x10ff 0x2000\n#\t0x10ff\tinlined\tsrc/main.rs:3\n#\t0x10ff\touter\tsrc/main.rs:7\n\
                         #\t0x2000\tmain\tsrc/main.rs:1\n\n";

    #[test]
    fn heap_profiles_begin_with_their_sums() {
        let types = [
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ];
        let profile = profile(&types, &[&[1, 10, 1, 5], &[4, 40, 2, 20]]);
        assert_eq!(
            write(&profile, Form::Heap),
            format!(
                "heap profile: 3: 25 [5: 50] @ heapprofile\n2: 20 [4: 40] @{STACK}1: 5 [1: 10] @{STACK}"
            )
        );
    }

    #[test]
    fn contention_is_in_nanoseconds() {
        let types = [("contentions", "count"), ("delay", "nanoseconds")];
        let profile = profile(&types, &[&[2, 300]]);
        assert_eq!(
            write(&profile, Form::Contention("mutex")),
            format!("--- mutex:\ncycles/second=1000000000\nsampling period=1\n300 2 @{STACK}")
        );
    }

    #[test]
    fn counts_have_a_total() {
        let profile = profile(&[("threadcreate", "count")], &[&[1], &[7]]);
        assert_eq!(
            write(&profile, Form::Count("threadcreate")),
            format!("threadcreate profile: total 8\n7 @{STACK}1 @{STACK}")
        );
        assert_eq!(
            write(&Profile::default(), Form::Count("threadcreate")),
            "threadcreate profile: total 0\n"
        );
    }
}
