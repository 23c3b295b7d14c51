//! From addresses to a profile with names, files, lines and inlined functions.
//!
//! Debug information is read one object at a time and let go of before the next.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use addr2line::Loader;
use profile::{Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType};

use super::drain::{Stack, Stacks};
use super::maps::{Image, Mapped, Maps};
use super::unwind::Tables;

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
            name: demangle(&frame.symbol).into(),
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

/// A function at an address: the innermost first where several are inlined into each other.
#[derive(Clone, Debug, Default)]
struct Frame {
    symbol: String,
    file: String,
    line: i64,
}

/// What is known of an object's addresses.
struct Names {
    build_id: String,
    /// For each address, in their order.
    frames: Vec<Vec<Frame>>,
}

impl Names {
    fn of(maps: &Maps, mapped: &Mapped, addresses: &[u64]) -> Self {
        let loader = maps.path(mapped).and_then(|path| Loader::new(path).ok());
        let read = |image: &dyn Image| {
            let mut unnamed = Unnamed::new(maps, mapped, image);
            let frames = addresses.iter().map(|address| {
                let own = address.wrapping_sub(image.bias());
                let frames = match &loader {
                    Some(loader) => frames(loader, own),
                    None => symbol(image.symbol(own)),
                };
                if frames.is_empty() {
                    symbol(unnamed.name(*address))
                } else {
                    frames
                }
            });
            Self {
                frames: frames.collect(),
                build_id: image.build_id(),
            }
        };
        maps.with_object(mapped, read).unwrap_or_else(|| Self {
            build_id: String::new(),
            frames: vec![Vec::new(); addresses.len()],
        })
    }
}

/// Names for functions without a symbol, as libraries' inner functions are: what the program imports them as, or the
/// object and where in it they start, so that at least each is told from the others.
struct Unnamed<'a> {
    maps: &'a Maps,
    object: &'a str,
    bias: u64,
    tables: Option<Tables>,
    imported: Option<HashMap<u64, String>>,
}

impl<'a> Unnamed<'a> {
    fn new(maps: &'a Maps, mapped: &'a Mapped, image: &dyn Image) -> Self {
        Self {
            maps,
            object: mapped.name.rsplit('/').next().unwrap_or_default(),
            bias: image.bias(),
            tables: Tables::read(image),
            imported: None,
        }
    }

    fn name(&mut self, address: u64) -> Option<String> {
        let start = self.tables.as_ref()?.function_start(address)?;
        let imported = self.imported.get_or_insert_with(|| self.maps.imported());
        let name = imported.get(&start.wrapping_add(self.bias)).cloned();
        name.or_else(|| Some(format!("{}+{start:#x}", self.object)))
    }
}

/// Debug information tells of lines and inlined functions; the symbol table has the full name of the function that they
/// were inlined into, and is all there is for objects without debug information.
fn frames(loader: &Loader, address: u64) -> Vec<Frame> {
    let mut frames = debug_frames(loader, address);
    let name = loader.find_symbol(address).map(str::to_owned);
    match (frames.last_mut(), name) {
        (Some(outermost), Some(name)) => outermost.symbol = name,
        (None, name) => frames = symbol(name),
        (Some(_), None) => {}
    }
    frames.retain(|frame| !frame.symbol.is_empty());
    frames
}

/// What is known when only a symbol is.
fn symbol(name: Option<String>) -> Vec<Frame> {
    let frame = |symbol| Frame {
        symbol,
        ..Frame::default()
    };
    name.map(frame).into_iter().collect()
}

fn debug_frames(loader: &Loader, address: u64) -> Vec<Frame> {
    let mut found = Vec::new();
    let Ok(mut frames) = loader.find_frames(address) else {
        return found;
    };
    while let Ok(Some(frame)) = frames.next() {
        let name = frame
            .function
            .as_ref()
            .and_then(|function| function.raw_name().ok());
        let place = frame.location.as_ref();
        found.push(Frame {
            symbol: name.map(Cow::into_owned).unwrap_or_default(),
            file: place
                .and_then(|place| place.file)
                .unwrap_or_default()
                .to_owned(),
            line: place.and_then(|place| place.line).map_or(0, i64::from),
        });
    }
    found
}

/// The name for people: without the hash at its end, and without the type parameters that debug information gives where
/// it does not know the full path.
fn demangle(symbol: &str) -> String {
    if let Ok(name) = rustc_demangle::try_demangle(symbol) {
        return format!("{name:#}");
    }
    match symbol.split_once('<') {
        Some((name, _)) if !name.is_empty() => name.to_owned(),
        _ => symbol.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_hash() {
        let legacy = "_ZN9sales_api6orders5place17h0123456789abcdefE";
        assert_eq!(demangle(legacy), "sales_api::orders::place");
        assert_eq!(
            demangle("_RNvNtCs1234_9sales_api6orders5place"),
            "sales_api::orders::place"
        );
        assert_eq!(demangle("memcpy"), "memcpy");
        assert_eq!(demangle("call_once<a::B, {closure_env#0}<C>>"), "call_once");
        assert_eq!(demangle("<unknown>"), "<unknown>");
    }
}
