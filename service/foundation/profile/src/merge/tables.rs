//! The tables of a sum, and where the parts of the profiles added so far are in them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::is_zero;
use crate::{Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample};

/// A sum being made.
pub(super) struct Tables {
    sum: Profile,
    functions: HashMap<Function, u32>,
    mappings: HashMap<MappingKey, u32>,
    locations: HashMap<Location, u32>,
    /// The last sample with a hash, and for each sample the one with that hash before it.
    samples: HashMap<u64, u32>,
    before: Vec<Option<u32>>,
    hasher: RandomState,
}

/// What tells mappings apart: where they lie in memory does not.
#[derive(PartialEq, Eq, Hash)]
struct MappingKey {
    /// In pages, since the last may be cut off.
    pages: u64,
    offset: u64,
    /// The build's id, otherwise the file's name.
    object: String,
}

/// Where the parts of the profile being added are in the sum.
struct Places {
    functions: Vec<Option<u32>>,
    /// Its index, and how much to add to its addresses.
    mappings: Vec<Option<(u32, u64)>>,
    locations: Vec<Option<u32>>,
}

impl Tables {
    /// `sum` is what the profiles say besides samples and tables.
    pub(super) fn new(sum: Profile) -> Self {
        Self {
            sum,
            functions: HashMap::new(),
            mappings: HashMap::new(),
            locations: HashMap::new(),
            samples: HashMap::new(),
            before: Vec::new(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn finish(self) -> Profile {
        self.sum
    }

    pub(super) fn add(&mut self, profile: &Profile) {
        let mut places = Places {
            functions: vec![None; profile.functions.len()],
            mappings: vec![None; profile.mappings.len()],
            locations: vec![None; profile.locations.len()],
        };
        // The first mapping is the program: it stays the first.
        if self.sum.mappings.is_empty() && !profile.mappings.is_empty() {
            self.mapping(profile, &mut places, 0);
        }
        let mut stack = Vec::new();
        for sample in profile.samples.iter().filter(|sample| !is_zero(sample)) {
            stack.clear();
            let places = &mut places;
            stack.extend(
                sample
                    .locations
                    .iter()
                    .map(|at| self.location(profile, places, *at)),
            );
            self.sample(&stack, sample);
        }
    }

    fn sample(&mut self, stack: &[u32], sample: &Sample) {
        let labels = sorted(&sample.labels);
        let hash = self.hasher.hash_one((stack, &labels));
        let last = self.samples.get(&hash).copied();
        let mut known = last;
        while let Some(at) = known {
            let same = &mut self.sum.samples[at as usize];
            if same.locations == stack && sorted(&same.labels) == labels {
                for (sum, value) in same.values.iter_mut().zip(&sample.values) {
                    *sum = sum.saturating_add(*value);
                }
                return;
            }
            known = self.before[at as usize];
        }
        self.samples.insert(hash, self.sum.samples.len() as u32);
        self.before.push(last);
        self.sum.samples.push(Sample {
            locations: stack.to_vec(),
            values: sample.values.clone(),
            labels: sample.labels.clone(),
        });
    }

    fn location(&mut self, profile: &Profile, places: &mut Places, at: u32) -> u32 {
        if let Some(Some(known)) = places.locations.get(at as usize) {
            return *known;
        }
        let unknown = Location::default();
        let location = profile.locations.get(at as usize).unwrap_or(&unknown);
        let mapping = location
            .mapping
            .and_then(|mapping| self.mapping(profile, places, mapping));
        let mut lines = Vec::with_capacity(location.lines.len());
        for line in &location.lines {
            lines.extend(
                self.function(profile, places, line.function)
                    .map(|function| Line {
                        function,
                        line: line.line,
                    }),
            );
        }
        let moved = Location {
            address: location
                .address
                .wrapping_add(mapping.map_or(0, |(_, offset)| offset)),
            mapping: mapping.map(|(mapping, _)| mapping),
            lines,
            folded: location.folded,
        };
        let next = self.sum.locations.len() as u32;
        let place = *self.locations.entry(moved).or_insert_with_key(|moved| {
            self.sum.locations.push(moved.clone());
            next
        });
        if let Some(known) = places.locations.get_mut(at as usize) {
            *known = Some(place);
        }
        place
    }

    fn function(&mut self, profile: &Profile, places: &mut Places, at: u32) -> Option<u32> {
        let function = profile.functions.get(at as usize)?;
        let known = &mut places.functions[at as usize];
        if known.is_none() {
            let next = self.sum.functions.len() as u32;
            let place = self.functions.entry(function.clone()).or_insert_with(|| {
                self.sum.functions.push(function.clone());
                next
            });
            *known = Some(*place);
        }
        *known
    }

    fn mapping(&mut self, profile: &Profile, places: &mut Places, at: u32) -> Option<(u32, u64)> {
        let mapping = profile.mappings.get(at as usize)?;
        let known = &mut places.mappings[at as usize];
        if known.is_none() {
            let next = self.sum.mappings.len() as u32;
            let place = *self
                .mappings
                .entry(MappingKey::new(mapping))
                .or_insert_with(|| {
                    self.sum.mappings.push(mapping.clone());
                    next
                });
            let start = self.sum.mappings[place as usize].memory_start;
            *known = Some((place, start.wrapping_sub(mapping.memory_start)));
        }
        *known
    }
}

impl MappingKey {
    fn new(mapping: &Mapping) -> Self {
        let size = mapping.memory_limit.wrapping_sub(mapping.memory_start);
        let object = [&mapping.build_id, &mapping.filename];
        let object = object.into_iter().find(|name| !name.is_empty());
        Self {
            pages: size.div_ceil(0x1000),
            offset: mapping.file_offset,
            object: object.cloned().unwrap_or_default(),
        }
    }
}

/// Labels in an order of their own: texts before numbers, by their keys; several of one key stay in their order.
fn sorted(labels: &[Label]) -> Cow<'_, [Label]> {
    let order = |label: &Label| matches!(label.value, LabelValue::Number(..));
    let key = |label: &'_ Label| (order(label), label.key.clone());
    if labels.len() < 2 || labels.is_sorted_by_key(key) {
        return Cow::Borrowed(labels);
    }
    let mut labels = labels.to_vec();
    labels.sort_by_key(key);
    Cow::Owned(labels)
}
