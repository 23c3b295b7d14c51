//! From addresses to a profile with names, files, lines and inlined functions. Objects are looked into one after the
//! other, so that the debug information of one is in memory at a time.

use std::collections::HashMap;
use std::sync::Arc;

use profile::{Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType};

use super::drain::{Stack, Stacks};
use super::maps::{Mapped, Maps};
use super::names::{self, Frame, Names};

/// The stacks as a profile in the shape of Go's. `period` is the CPU time that a sample stands for, in nanoseconds.
pub(super) fn profile(stacks: Stacks, period: i64) -> Profile {
    let Stacks { counts, maps, .. } = stacks;
    let mut places = Places::default();
    places.add_all(&maps, counts.keys());
    let mut counts: Vec<(Stack, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let cpu = ValueType::new("cpu", "nanoseconds");
    Profile {
        sample_types: vec![ValueType::new("samples", "count"), cpu.clone()],
        samples: counts
            .iter()
            .map(|(stack, count)| places.sample(stack, *count, period))
            .collect(),
        locations: places.locations,
        functions: places.functions,
        mappings: places.mappings,
        period_type: Some(cpu),
        period,
        ..Profile::default()
    }
}

/// The tables of a profile being made.
#[derive(Default)]
struct Places {
    locations: Vec<Location>,
    by_address: HashMap<u64, u32>,
    functions: Vec<Function>,
    known: HashMap<(Arc<str>, Arc<str>), u32>,
    mappings: Vec<Mapping>,
}

impl Places {
    /// Adds all addresses of the stacks, object by object, the program first as pprof wants it.
    fn add_all<'a>(&mut self, maps: &Maps, stacks: impl Iterator<Item = &'a Stack>) {
        let mut addresses: Vec<u64> = stacks
            .flat_map(|stack| stack.addresses.iter().copied())
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        let mut objects: Vec<(Option<&Mapped>, Vec<u64>)> = Vec::new();
        for address in addresses {
            let mapped = maps.find(address);
            match objects.last_mut() {
                Some((last, addresses)) if *last == mapped => addresses.push(address),
                _ => objects.push((mapped, vec![address])),
            }
        }
        objects.sort_by_key(|(mapped, _)| !mapped.is_some_and(|mapped| maps.is_program(mapped)));
        for (mapped, addresses) in objects {
            match mapped {
                Some(mapped) => self.add_object(maps, mapped, &addresses),
                None => addresses
                    .iter()
                    .for_each(|address| self.add(*address, None, &[])),
            }
        }
    }

    fn add_object(&mut self, maps: &Maps, mapped: &Mapped, addresses: &[u64]) {
        let names = Names::of(maps, mapped, addresses);
        let known = names.frames.iter().flatten();
        let mapping = self.mappings.len() as u32;
        self.mappings.push(Mapping {
            memory_start: mapped.start,
            memory_limit: mapped.end,
            file_offset: mapped.offset,
            filename: mapped.name.trim_end_matches(" (deleted)").to_owned(),
            build_id: names.build_id,
            has_functions: known.clone().next().is_some(),
            has_filenames: known.clone().any(|frame| !frame.file.is_empty()),
            has_line_numbers: known.clone().any(|frame| frame.line != 0),
            has_inline_frames: names.frames.iter().any(|frames| frames.len() > 1),
        });
        for (address, frames) in addresses.iter().zip(&names.frames) {
            self.add(*address, Some(mapping), frames);
        }
    }

    fn add(&mut self, address: u64, mapping: Option<u32>, frames: &[Frame]) {
        let line = |frame: &Frame| Line {
            function: self.function(frame),
            line: frame.line,
        };
        let lines = frames.iter().map(line).collect();
        self.by_address.insert(address, self.locations.len() as u32);
        self.locations.push(Location {
            address,
            mapping,
            lines,
            folded: false,
        });
    }

    fn function(&mut self, frame: &Frame) -> u32 {
        let key = (
            Arc::from(frame.symbol.as_str()),
            Arc::from(frame.file.as_str()),
        );
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let index = self.functions.len() as u32;
        self.functions.push(Function {
            name: names::readable(&frame.symbol, &frame.file).into(),
            system_name: Arc::clone(&key.0),
            filename: Arc::clone(&key.1),
            start_line: 0,
        });
        self.known.insert(key, index);
        index
    }

    fn sample(&self, stack: &Stack, count: u64, period: i64) -> Sample {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let name = String::from_utf8_lossy(&stack.thread);
        let thread = Label {
            key: "thread".into(),
            value: LabelValue::Text(name.trim_end_matches('\0').into()),
        };
        let known = stack
            .addresses
            .iter()
            .filter_map(|address| self.by_address.get(address));
        Sample {
            locations: known.copied().collect(),
            values: vec![count, count.saturating_mul(period)],
            labels: vec![thread],
        }
    }
}
