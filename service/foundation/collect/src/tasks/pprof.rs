//! A dump as Go's `goroutine` profile.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use profile::{Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType};

use super::groups::Group;
use super::{Dump, Frame, Trace};

/// How many names of a group are told apart: the others are one sample without a name.
const MAX_NAMES: usize = 100;

pub(super) fn profile(dump: &Dump) -> Profile {
    let mut tables = Tables::default();
    let mut samples = Vec::new();
    for group in dump.groups() {
        let locations = tables.stack(&group);
        let mut unnamed = group.count;
        let mut sample = |count: usize, name: Option<&Arc<str>>| {
            samples.push(Sample {
                locations: locations.clone(),
                values: vec![i64::try_from(count).unwrap_or(i64::MAX)],
                labels: labels(&group, name),
            });
        };
        for (name, count) in group.names.iter().take(MAX_NAMES) {
            unnamed -= count;
            sample(*count, Some(name));
        }
        if unnamed > 0 {
            sample(unnamed, None);
        }
    }
    let kind = ValueType::new("goroutine", "count");
    let time = dump.taken().duration_since(UNIX_EPOCH).unwrap_or_default();
    let why = super::supported().err();
    Profile {
        sample_types: vec![kind.clone()],
        samples,
        locations: tables.locations,
        functions: tables.functions,
        mappings: tables.mappings,
        period_type: Some(kind),
        period: 1,
        time_nanos: i64::try_from(time.as_nanos()).unwrap_or(0),
        comments: why
            .map(|why| format!("no traces: {why}"))
            .into_iter()
            .collect(),
        ..Profile::default()
    }
}

fn labels(group: &Group<'_>, name: Option<&Arc<str>>) -> Vec<Label> {
    let label = |key: &str, value: &str| Label {
        key: key.into(),
        value: LabelValue::Text(value.into()),
    };
    let mut labels = Vec::with_capacity(3);
    labels.extend(name.map(|name| label("name", name)));
    labels.push(label("state", group.doing));
    labels.push(label("spawned", &group.location.to_string()));
    labels
}

/// The profile's tables while they are made.
#[derive(Default)]
struct Tables {
    locations: Vec<Location>,
    known_locations: HashMap<Location, u32>,
    functions: Vec<Function>,
    known_functions: HashMap<Function, u32>,
    mappings: Vec<Mapping>,
}

impl Tables {
    fn stack(&mut self, group: &Group<'_>) -> Vec<u32> {
        let stacks = group.trace.map_or(&[][..], |trace| &trace.stacks);
        match stacks {
            [] => vec![self.bare(group)],
            [stack] => self.frames(stack),
            _ => self.branches(group, stacks),
        }
    }

    /// A task without a trace is shown at the line that started it.
    fn bare(&mut self, group: &Group<'_>) -> u32 {
        let function = self.function(Function {
            name: format!("({}) task of {}", group.doing, group.location).into(),
            filename: group.location.file().into(),
            start_line: i64::from(group.location.line()),
            ..Function::default()
        });
        self.location(
            0,
            None,
            vec![Line {
                function,
                line: i64::from(group.location.line()),
            }],
        )
    }

    /// A task that waits for several things counts once: in the function that waits for all of them, and above that for
    /// all of them together.
    fn branches(&mut self, group: &Group<'_>, stacks: &[Vec<Frame>]) -> Vec<u32> {
        let common = Trace::common_root(stacks);
        let names: Vec<&str> = stacks
            .iter()
            .filter_map(|stack| Some(&*stack.first()?.name))
            .collect();
        let function = self.function(Function {
            name: format!("{} ({})", group.doing, names.join(" | ")).into(),
            ..Function::default()
        });
        let mut locations = vec![self.location(0, None, vec![Line { function, line: 0 }])];
        locations.extend(self.frames(common));
        locations
    }

    /// Frames of one address, which are inlined into each other, are one location.
    fn frames(&mut self, frames: &[Frame]) -> Vec<u32> {
        let places = frames.chunk_by(|inner, outer| inner.address == outer.address);
        places.map(|place| self.place(place)).collect()
    }

    fn place(&mut self, frames: &[Frame]) -> u32 {
        let lines = frames.iter().map(|frame| Line {
            function: self.function(Function {
                name: Arc::clone(&frame.name),
                system_name: Arc::clone(&frame.symbol),
                filename: Arc::clone(&frame.file),
                start_line: 0,
            }),
            line: i64::from(frame.line),
        });
        let lines = lines.collect();
        let first = frames.first();
        let mapping = first.and_then(|frame| frame.mapping.as_deref());
        let mapping = mapping.map(|mapping| self.mapping(mapping));
        self.location(first.map_or(0, |frame| frame.address), mapping, lines)
    }

    fn mapping(&mut self, mapping: &Mapping) -> u32 {
        let known = self.mappings.iter().position(|known| known == mapping);
        known.unwrap_or_else(|| {
            self.mappings.push(mapping.clone());
            self.mappings.len() - 1
        }) as u32
    }

    fn location(&mut self, address: u64, mapping: Option<u32>, lines: Vec<Line>) -> u32 {
        let location = Location {
            address,
            mapping,
            lines,
            folded: false,
        };
        let next = self.locations.len() as u32;
        *self
            .known_locations
            .entry(location)
            .or_insert_with_key(|location| {
                self.locations.push(location.clone());
                next
            })
    }

    fn function(&mut self, function: Function) -> u32 {
        let next = self.functions.len() as u32;
        *self
            .known_functions
            .entry(function)
            .or_insert_with_key(|function| {
                self.functions.push(function.clone());
                next
            })
    }
}
