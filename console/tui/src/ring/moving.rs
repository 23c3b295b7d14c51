//! Profiles on their way into a pool: what they refer to gets the pool's numbers.

use cutaway_model::{At, Profile};
use profile::{Function, Line, Location, Mapping};

use super::pool::{Kept, Pool};

/// A profile on its way into a pool: its numbers, and the pool's.
pub(super) struct Adding<'a> {
    pool: &'a mut Pool,
    profile: &'a Profile,
    /// For each of the profile's locations, the pool's; none until it is needed.
    locations: Vec<Option<u32>>,
}

impl<'a> Adding<'a> {
    pub(super) fn new(pool: &'a mut Pool, profile: &'a Profile) -> Self {
        Self {
            locations: vec![None; profile.locations.len()],
            pool,
            profile,
        }
    }

    pub(super) fn kept(mut self, since: At, until: At) -> Kept {
        let profile = self.profile;
        let width = profile.sample_types.len();
        let mut rows = Vec::with_capacity(profile.samples.len());
        let mut values = Vec::with_capacity(profile.samples.len() * width);
        for sample in &profile.samples {
            let stack = sample.locations.iter().map(|at| self.location(*at));
            let stack = stack.collect();
            rows.push((self.pool.stack(stack), self.pool.label(&sample.labels)));
            values.extend((0..width).map(|index| sample.value(index)));
        }
        Kept {
            since,
            until,
            period_type: profile.period_type.clone(),
            period: profile.period,
            time_nanos: profile.time_nanos,
            duration_nanos: profile.duration_nanos,
            default_type: profile.default_sample_type.clone(),
            rows: rows.into(),
            values: values.into(),
        }
    }

    fn location(&mut self, at: u32) -> u32 {
        let known = self.locations.get(at as usize).copied().flatten();
        known.unwrap_or_else(|| {
            let (functions, mappings) = (&self.profile.functions, &self.profile.mappings);
            let location = self.profile.locations.get(at as usize);
            let added = self.pool.moved(
                location.unwrap_or(&Location::default()),
                |function| functions.get(function as usize),
                |mapping| mappings.get(mapping as usize),
            );
            if let Some(known) = self.locations.get_mut(at as usize) {
                *known = Some(added);
            }
            added
        })
    }
}

/// What a pool had, on its way into a new one.
pub(super) struct Moving<'a> {
    pub(super) locations: Vec<&'a Location>,
    pub(super) functions: Vec<&'a Function>,
    pub(super) mappings: Vec<&'a Mapping>,
    /// For each location, the new one; none until it is needed.
    pub(super) moved: Vec<Option<u32>>,
    pub(super) to: &'a mut Pool,
}

impl Moving<'_> {
    pub(super) fn stack(&mut self, stack: &[u32]) -> u32 {
        let moved = stack.iter().map(|at| {
            let at = *at as usize;
            *self.moved[at].get_or_insert_with(|| {
                self.to.moved(
                    self.locations[at],
                    |function| self.functions.get(function as usize).copied(),
                    |mapping| self.mappings.get(mapping as usize).copied(),
                )
            })
        });
        let moved = moved.collect();
        self.to.stack(moved)
    }
}

impl Pool {
    /// The number of a location that refers to functions and mappings elsewhere.
    fn moved<'a>(
        &mut self,
        location: &Location,
        function: impl Fn(u32) -> Option<&'a Function>,
        mapping: impl Fn(u32) -> Option<&'a Mapping>,
    ) -> u32 {
        let lines = location.lines.iter().map(|line| Line {
            function: self.function(function(line.function).unwrap_or(&Function::default())),
            line: line.line,
        });
        let lines = lines.collect();
        let mapping = location.mapping.and_then(mapping);
        let location = Location {
            address: location.address,
            mapping: mapping.map(|mapping| self.mapping(mapping)),
            lines,
            folded: location.folded,
        };
        self.location(location)
    }
}
