//! From addresses to names, files, lines and inlined functions: what every profile with stacks of this process is made
//! with.
//!
//! Objects are looked into one after the other and [`BATCH`] addresses at a time, so that the debug information that is
//! in memory is bounded, and by one thread at a time. What has been found is kept, within bounds too.

mod cost;
mod known;
mod maps;
mod names;
mod tables;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use profile::{Function, Line, Location, Mapping, Profile};

use cost::Meter;
use known::{Known, Object, Place};
use maps::Mapped;
pub(crate) use maps::Maps;
use names::Names;
pub(crate) use tables::Tables;

/// How many addresses are looked up before the debug information that was read for them is forgotten: some 25 KB each.
const BATCH: usize = 2048;

/// What looking up names has cost so far.
pub(crate) fn lookups() -> crate::Lookups {
    crate::Lookups {
        kept_bytes: Known::bytes() as u64,
        ..cost::total()
    }
}

/// Looks up the names of all addresses, which takes some 100 ms of CPU time where they are new. A caller's address is to be the last byte of its call (its return address less
/// one), so that it belongs to the line of the call and not to what comes after it.
pub(crate) fn places(maps: &Maps, addresses: impl IntoIterator<Item = u64>) -> Places {
    let mut places = Places::default();
    places.add_all(maps, addresses.into_iter().collect());
    places
}

/// The names of the functions at some addresses, as far as they are known.
pub(crate) fn names(addresses: &[u64]) -> Result<Vec<(u64, Arc<str>)>, crate::Error> {
    let maps = Maps::read().map_err(|source| crate::Error::System {
        doing: "reading the memory map",
        source,
    })?;
    let places = places(&maps, addresses.iter().copied());
    let name = |address: &u64| {
        let location = places
            .locations
            .get(*places.by_address.get(address)? as usize)?;
        let function = places
            .functions
            .get(location.lines.last()?.function as usize)?;
        Some((*address, Arc::clone(&function.name)))
    };
    Ok(addresses.iter().filter_map(name).collect())
}

/// The tables of a profile: places by address, with their functions and objects.
#[derive(Default)]
pub(crate) struct Places {
    locations: Vec<Location>,
    by_address: HashMap<u64, u32>,
    functions: Vec<Function>,
    by_symbol: HashMap<(Arc<str>, Arc<str>), u32>,
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
        let object = object(maps, mapped, addresses);
        let known = object.addresses.values();
        let mut places = known.clone().flat_map(|places| places.iter());
        let mapping = self.mappings.len() as u32;
        self.mappings.push(Mapping {
            memory_start: mapped.start,
            memory_limit: mapped.end,
            file_offset: mapped.offset,
            filename: mapped.name.trim_end_matches(" (deleted)").to_owned(),
            build_id: object.build_id.to_string(),
            has_functions: places.clone().next().is_some(),
            has_filenames: places.clone().any(|place| !place.file.is_empty()),
            has_line_numbers: places.any(|place| place.line != 0),
            has_inline_frames: known.clone().any(|places| places.len() > 1),
        });
        for address in addresses {
            let places = object.addresses.get(address);
            self.add(*address, Some(mapping), places.map_or(&[], |places| places));
        }
    }

    fn add(&mut self, address: u64, mapping: Option<u32>, places: &[Place]) {
        let line = |place: &Place| Line {
            function: self.function(place),
            line: place.line,
        };
        let lines = places.iter().map(line).collect();
        self.by_address.insert(address, self.locations.len() as u32);
        self.locations.push(Location {
            address,
            mapping,
            lines,
            folded: false,
        });
    }

    fn function(&mut self, place: &Place) -> u32 {
        let key = (Arc::clone(&place.symbol), Arc::clone(&place.file));
        let next = self.functions.len() as u32;
        *self.by_symbol.entry(key).or_insert_with(|| {
            self.functions.push(Function {
                name: Arc::clone(&place.name),
                system_name: Arc::clone(&place.symbol),
                filename: Arc::clone(&place.file),
                start_line: 0,
            });
            next
        })
    }
}

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What there is at the addresses of an object, as far as it can be known.
fn object(maps: &Maps, mapped: &Mapped, addresses: &[u64]) -> Object {
    let mut found = Object::default();
    if Known::find(mapped, addresses, &mut found).is_empty() {
        return found;
    }
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // Another may have looked for the same meanwhile.
    let unknown = Known::find(mapped, addresses, &mut found);
    let meter = Meter::start();
    let mut peak = None;
    for batch in unknown.chunks(BATCH) {
        let names = Names::of(maps, mapped, batch, &mut || {
            peak = peak.max(meter.allocated());
        });
        Known::add(mapped, batch, names, &mut found);
    }
    meter.end(unknown.len(), peak, maps.file_size(mapped));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_up_twice_is_read_once() {
        let maps = Maps::read().expect("maps");
        let here = what_is_looked_up_twice_is_read_once as fn() as usize as u64;
        let addresses = [here, here + 1];
        let first = places(&maps, addresses);
        assert!(lookups().count > 0 && lookups().kept_bytes > 0);
        let again = places(&maps, addresses);
        assert_eq!(first.locations, again.locations);
        assert_eq!(first.functions, again.functions);
        let lines = &first.locations[first.stack(&addresses)[0] as usize].lines;
        let function = &first.functions[lines[0].function as usize];
        assert!(function.name.ends_with("read_once"), "{function:?}");
        let shared = Arc::ptr_eq(&function.name, &again.functions[0].name);
        assert!(shared, "names are kept");
    }
}
