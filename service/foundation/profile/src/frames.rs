//! The frames of a profile's stacks: locations with their inlined functions expanded, and names for them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Mapping, Profile, Sample};

/// The distinct frames of a profile, told apart by their names.
pub(crate) struct Frames {
    /// What each frame is called, and a file that it is in (empty when unknown).
    pub(crate) names: Vec<(Arc<str>, Arc<str>)>,
    /// The frames of all locations, one location's after the other's, innermost first.
    expanded: Vec<u32>,
    /// Where a location's frames start in `expanded`; one more than there are locations.
    starts: Vec<u32>,
}

impl Frames {
    pub(crate) fn new(profile: &Profile) -> Self {
        let mut interner = Interner::default();
        let mut expanded = Vec::with_capacity(profile.locations.len());
        let mut starts = Vec::with_capacity(profile.locations.len() + 1);
        let functions = interner.functions(profile);
        // By mapping, the last entry for none.
        let mut unnamed = vec![None; profile.mappings.len() + 1];
        for location in &profile.locations {
            starts.push(expanded.len() as u32);
            if location.lines.is_empty() {
                let mapping = location
                    .mapping
                    .map_or(usize::MAX, |mapping| mapping as usize);
                let mapping = mapping.min(profile.mappings.len());
                let name = || interner.object(profile.mappings.get(mapping));
                expanded.push(*unnamed[mapping].get_or_insert_with(name));
            }
            let known = location.lines.iter();
            expanded.extend(known.filter_map(|line| functions.get(line.function as usize)));
        }
        starts.push(expanded.len() as u32);
        Self {
            names: interner.names,
            expanded,
            starts,
        }
    }

    /// The frames at a location, innermost first. None for an index that is not there.
    #[inline]
    pub(crate) fn at(&self, location: u32) -> &[u32] {
        let location = location as usize;
        match (self.starts.get(location), self.starts.get(location + 1)) {
            (Some(start), Some(end)) => &self.expanded[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// The frames of a sample from the root to the leaf.
    pub(crate) fn root_first<'a>(&'a self, sample: &'a Sample) -> impl Iterator<Item = u32> + 'a {
        let locations = sample.locations.iter().rev();
        locations.flat_map(|location| self.at(*location).iter().rev().copied())
    }
}

#[derive(Default)]
struct Interner {
    names: Vec<(Arc<str>, Arc<str>)>,
    known: HashMap<Arc<str>, u32>,
}

impl Interner {
    /// The frame of each of the profile's functions.
    fn functions(&mut self, profile: &Profile) -> Vec<u32> {
        let unknown: Arc<str> = "<unknown>".into();
        let frame = |function: &crate::Function| {
            let name = [&function.name, &function.system_name];
            let name = name.into_iter().find(|name| !name.is_empty());
            self.frame(name.unwrap_or(&unknown), &function.filename)
        };
        profile.functions.iter().map(frame).collect()
    }

    fn frame(&mut self, name: &Arc<str>, file: &Arc<str>) -> u32 {
        *self.known.entry(Arc::clone(name)).or_insert_with(|| {
            self.names.push((Arc::clone(name), Arc::clone(file)));
            self.names.len() as u32 - 1
        })
    }

    /// What `go tool pprof` calls a place without a function: the object that it is in, in brackets.
    fn object(&mut self, mapping: Option<&Mapping>) -> u32 {
        let file = mapping.map_or("", |mapping| mapping.filename.as_str());
        let name = match file.trim_end_matches('/').rsplit('/').next() {
            None | Some("") => "<unknown>".to_owned(),
            Some(base) => format!("[{base}]"),
        };
        self.frame(&name.into(), &Arc::from(""))
    }
}
