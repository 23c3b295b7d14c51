//! Stacks with names, without what is the same in each: the runtime below what a task waits for, and above its future.

mod reason;
mod trim;

use std::collections::HashMap;
use std::sync::Arc;

use profile::{Location, Mapping, Profile};

use super::answers::Stack;
use super::{Frame, Trace};
use crate::symbolize::{self, Maps};

/// An address with its functions, the innermost first where several are inlined into each other.
type Place = Arc<[Frame]>;

/// Traces for people.
pub(super) fn traces(found: &[Vec<Stack>]) -> Vec<Trace> {
    let addresses = found.iter().flatten().flat_map(|stack| stack.iter());
    let places = places(addresses.copied());
    found.iter().map(|stacks| trace(stacks, &places)).collect()
}

fn trace(stacks: &[Stack], places: &HashMap<u64, Place>) -> Trace {
    let mut shown: Vec<Vec<Frame>> = Vec::with_capacity(stacks.len());
    let mut reasons = Vec::with_capacity(stacks.len());
    for stack in stacks {
        let frames = stack.iter().filter_map(|address| places.get(address));
        let frames: Vec<Frame> = frames.flat_map(|place| place.iter().cloned()).collect();
        let reason = reason::of_stack(&frames);
        let frames = trim::trim(frames);
        if !frames.is_empty() && !shown.contains(&frames) {
            shown.push(frames);
            reasons.push(reason);
        }
    }
    Trace {
        stacks: shown,
        reason: reason::of_all(&reasons),
    }
}

/// The names of all addresses. Those that were looked up before are known, for code does not move.
fn places(addresses: impl Iterator<Item = u64>) -> HashMap<u64, Place> {
    let Ok(maps) = Maps::read() else {
        return HashMap::new();
    };
    let tables = symbolize::places(&maps, addresses).into_profile();
    let mappings: Vec<Arc<Mapping>> = tables.mappings.iter().cloned().map(Arc::new).collect();
    let place = |location: &Location| (location.address, place(&tables, &mappings, location));
    tables.locations.iter().map(place).collect()
}

fn place(tables: &Profile, mappings: &[Arc<Mapping>], location: &Location) -> Place {
    let mapping = location.mapping;
    let mapping = mapping.and_then(|index| mappings.get(index as usize));
    let frame = |line: &profile::Line| {
        let function = tables.functions.get(line.function as usize)?;
        Some(Frame {
            name: Arc::clone(&function.name),
            file: Arc::clone(&function.filename),
            line: line.line.try_into().unwrap_or(0),
            address: location.address,
            symbol: Arc::clone(&function.system_name),
            mapping: mapping.cloned(),
        })
    };
    let frames: Place = location.lines.iter().filter_map(frame).collect();
    if frames.is_empty() {
        return Arc::new([Frame::unknown(location.address, mapping.cloned())]);
    }
    frames
}
