//! From addresses to names, files, lines and inlined functions: what every profile with stacks of this process is made
//! with. Objects are looked into one after the other, so that the debug information of one is in memory at a time.

mod maps;
mod names;
mod tables;

use std::collections::HashMap;
use std::sync::Arc;

use profile::{Function, Line, Location, Mapping, Profile};

use maps::Mapped;
pub(crate) use maps::Maps;
use names::{Frame, Names};
pub(crate) use tables::Tables;

/// Looks up the names of all addresses. A caller's address is to be the last byte of its call (its return address less
/// one), so that it belongs to the line of the call and not to what comes after it.
pub(crate) fn places(maps: &Maps, addresses: impl IntoIterator<Item = u64>) -> Places {
    let mut places = Places::default();
    places.add_all(maps, addresses.into_iter().collect());
    places
}

/// The tables of a profile: places by address, with their functions and objects.
#[derive(Default)]
pub(crate) struct Places {
    locations: Vec<Location>,
    by_address: HashMap<u64, u32>,
    functions: Vec<Function>,
    known: HashMap<(Arc<str>, Arc<str>), u32>,
    mappings: Vec<Mapping>,
}

impl Places {
    /// A stack as the places that it leads through.
    pub(crate) fn stack(&self, addresses: &[u64]) -> Vec<u32> {
        let known = addresses
            .iter()
            .filter_map(|address| self.by_address.get(address));
        known.copied().collect()
    }

    /// A profile without samples yet.
    pub(crate) fn into_profile(self) -> Profile {
        Profile {
            locations: self.locations,
            functions: self.functions,
            mappings: self.mappings,
            ..Profile::default()
        }
    }

    /// Adds all addresses, object by object, the program first as pprof wants it.
    fn add_all(&mut self, maps: &Maps, mut addresses: Vec<u64>) {
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
}
