//! What a `--fail-if` may ask of a profile.

use std::collections::HashSet;

use cutaway_model::Profile;
use regex::Regex;

use crate::expr::Scope;

/// `total` (all samples), `before`, `now` and `growth` (of a difference), `duration`; `flat(regex)` and `cum(regex)` of the
/// functions that match, each sample counted once. Amounts are in the profile's unit.
pub(crate) struct ProfileScope<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) index: usize,
    pub(crate) total: i64,
}

impl Scope for ProfileScope<'_> {
    fn name(&self, name: &str) -> Result<f64, String> {
        let sum = |of: fn(i64) -> i64| {
            let values = self.profile.samples.iter();
            let values = values.map(|sample| of(sample.value(self.index)));
            values.fold(0_i64, i64::saturating_add) as f64
        };
        let before = || sum(|value| value.min(0).saturating_neg());
        let now = || sum(|value| value.max(0));
        match name {
            "total" => Ok(self.total as f64),
            "before" => Ok(before()),
            "now" => Ok(now()),
            "growth" => Ok((now() - before()) / before()),
            "duration" => Ok(self.profile.duration_nanos as f64),
            _ => Err(format!(
                "there is no {name}; there are total, before, now, growth, duration, flat(REGEX) and cum(REGEX)"
            )),
        }
    }

    fn call(&self, function: &str, argument: &str) -> Result<f64, String> {
        let leaf_only = match function {
            "flat" => true,
            "cum" => false,
            _ => {
                return Err(format!(
                    "there is no function {function}; there are flat and cum"
                ));
            }
        };
        let regex = Regex::new(argument).map_err(|error| format!("{argument}: {error}"))?;
        let functions = self.profile.functions.iter().zip(0_u32..);
        let matching: HashSet<u32> = functions
            .filter(|(function, _)| regex.is_match(&function.name))
            .map(|(_, at)| at)
            .collect();
        let at = |location: &u32| self.profile.locations.get(*location as usize);
        let is_in = |line: &profile::Line| matching.contains(&line.function);
        let counts = |sample: &&profile::Sample| {
            if leaf_only {
                let leaf = sample.locations.first().and_then(at);
                leaf.and_then(|leaf| leaf.lines.first()).is_some_and(is_in)
            } else {
                let mut frames = sample.locations.iter().filter_map(at);
                frames.any(|location| location.lines.iter().any(is_in))
            }
        };
        let samples = self.profile.samples.iter().filter(counts);
        let values = samples.map(|sample| sample.value(self.index));
        Ok(values.fold(0_i64, i64::saturating_add) as f64)
    }
}
