//! Several profiles into one.

use std::borrow::Cow;
use std::collections::HashSet;

use super::is_zero;
use super::tables::Tables;
use crate::{Error, Profile, ValueType, units};

pub(super) fn merge(profiles: &[&Profile]) -> Result<Profile, Error> {
    let scaled = common_units(profiles)?;
    let (first, rest) = scaled.split_first().ok_or(Error::NoProfile)?;
    for other in rest {
        same_types(first, other)?;
    }
    let scaled: Vec<&Profile> = scaled.iter().map(AsRef::as_ref).collect();
    Ok(add(&scaled))
}

/// Adds profiles of equal types. Of none, it is the empty profile.
pub(super) fn add(profiles: &[&Profile]) -> Profile {
    let mut tables = Tables::new(header(profiles));
    for profile in profiles {
        tables.add(profile);
    }
    let sum = tables.finish();
    if sum.samples.iter().any(is_zero) {
        // Some cancelled out: so may what they refer to.
        return add(&[&sum]);
    }
    sum
}

/// Whether values can be added without turning them into other units.
pub(super) fn same_types(one: &Profile, other: &Profile) -> Result<(), Error> {
    let none = ValueType::default();
    let period = |profile: &Profile| profile.period_type.clone().unwrap_or_default();
    if period(one) != period(other) {
        let list =
            |profile: &Profile| listed(&[profile.period_type.clone().unwrap_or(none.clone())]);
        return Err(incompatible("the period type", list(one), list(other)));
    }
    if one.sample_types != other.sample_types {
        let list = |profile: &Profile| listed(&profile.sample_types);
        return Err(incompatible("the sample types", list(one), list(other)));
    }
    Ok(())
}

fn incompatible(what: &'static str, one: String, other: String) -> Error {
    Error::Incompatible { what, one, other }
}

fn listed(types: &[ValueType]) -> String {
    let name = |t: &ValueType| format!("{}/{}", t.kind, t.unit);
    let names: Vec<String> = types.iter().map(name).collect();
    format!("`{}`", names.join(", "))
}

/// The profiles with values of the same kind in the same unit, the finest that one of them has.
fn common_units<'a>(profiles: &[&'a Profile]) -> Result<Vec<Cow<'a, Profile>>, Error> {
    let mut scaled: Vec<Cow<'a, Profile>> = profiles.iter().map(|p| Cow::Borrowed(*p)).collect();
    let Some(first) = profiles.first() else {
        return Ok(scaled);
    };
    if let Some(odd) = profiles
        .iter()
        .find(|p| p.sample_types.len() != first.sample_types.len())
    {
        return same_types(first, odd).map(|()| scaled);
    }
    let units = (0..first.sample_types.len()).map(|index| {
        finest(
            profiles.iter().map(|profile| &profile.sample_types[index]),
            "the sample types",
        )
    });
    let units = units.collect::<Result<Vec<_>, Error>>()?;
    let periods = profiles
        .iter()
        .filter_map(|profile| profile.period_type.as_ref());
    let period_unit = finest(periods, "the period type")?;
    for profile in &mut scaled {
        let differs = |(kind, unit): (&ValueType, &String)| kind.unit != *unit;
        let period_differs = profile
            .period_type
            .as_ref()
            .is_some_and(|t| t.unit != period_unit);
        if profile.sample_types.iter().zip(&units).any(differs) || period_differs {
            convert(profile.to_mut(), &units, &period_unit);
        }
    }
    Ok(scaled)
}

/// The finest unit of types that measure the same.
fn finest<'a>(
    mut types: impl Iterator<Item = &'a ValueType>,
    what: &'static str,
) -> Result<String, Error> {
    let Some(first) = types.next() else {
        return Ok(String::new());
    };
    let mut finest = first;
    for other in types {
        let (one, two) = (
            finest.kind.trim_end_matches('s'),
            other.kind.trim_end_matches('s'),
        );
        if one != two || !units::compatible(&finest.unit, &other.unit) {
            let list = |t: &ValueType| listed(std::slice::from_ref(t));
            return Err(incompatible(what, list(first), list(other)));
        }
        if units::scale(1, &other.unit, &finest.unit).0 < 1.0 {
            finest = other;
        }
    }
    Ok(finest.unit.clone())
}

fn convert(profile: &mut Profile, units: &[String], period_unit: &str) {
    if let Some(kind) = &mut profile.period_type {
        profile.period = units::scale(profile.period, &kind.unit, period_unit).0 as i64;
        period_unit.clone_into(&mut kind.unit);
    }
    let types = profile.sample_types.iter_mut().zip(units);
    let ratios: Vec<f64> = types
        .map(|(kind, unit)| {
            let ratio = units::scale(1, &kind.unit, unit).0;
            kind.unit.clone_from(unit);
            ratio
        })
        .collect();
    profile.scale_each(&ratios);
}

/// What the profiles say besides their samples.
fn header(profiles: &[&Profile]) -> Profile {
    let mut seen = HashSet::new();
    let comments = profiles.iter().flat_map(|profile| &profile.comments);
    let comments = comments.filter(|comment| seen.insert(comment.as_str()));
    let first = profiles.first();
    let times = profiles.iter().map(|profile| profile.time_nanos);
    let durations = profiles.iter().map(|profile| profile.duration_nanos);
    let periods = profiles.iter().map(|profile| profile.period);
    let named = |of: fn(&Profile) -> &Option<String>| {
        profiles.iter().find_map(|profile| of(profile).clone())
    };
    Profile {
        sample_types: first.map_or(Vec::new(), |first| first.sample_types.clone()),
        period_type: first.and_then(|first| first.period_type.clone()),
        period: periods.max().unwrap_or(0),
        time_nanos: times.filter(|time| *time != 0).min().unwrap_or(0),
        duration_nanos: durations.fold(0, i64::saturating_add),
        comments: comments.cloned().collect(),
        default_sample_type: named(|profile| &profile.default_sample_type),
        doc_url: named(|profile| &profile.doc_url),
        drop_frames: first.and_then(|first| first.drop_frames.clone()),
        keep_frames: first.and_then(|first| first.keep_frames.clone()),
        ..Profile::default()
    }
}
