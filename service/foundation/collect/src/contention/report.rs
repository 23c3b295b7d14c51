//! From a table to a profile in the shape of Go's.

use std::sync::Arc;
use std::time::SystemTime;

use profile::{Function, Label, LabelValue, Line, Location, Profile, Sample, ValueType};

use super::collector::Weight;
use super::table::{Row, Table};
use crate::Error;

pub(super) fn profile(table: &Table) -> Result<Profile, Error> {
    let (rows, rest) = table.read();
    let (mut profile, stacks) = places(&rows)?;
    for (row, mut locations) in rows.iter().zip(stacks) {
        if locations.is_empty() {
            locations = named(&mut profile, row);
        }
        profile.samples.push(Sample {
            locations,
            values: values(row.weight),
            labels: labels(row),
        });
    }
    if rest.count > 0.0 {
        let location = function(&mut profile, "[no room to tell these apart]");
        profile.samples.push(Sample {
            locations: vec![location],
            values: values(rest),
            labels: Vec::new(),
        });
        let count = rest.count.round();
        profile.comments.push(format!(
            "{count} contentions came when the table of places was full"
        ));
    }
    if let Err(why) = super::supported() {
        profile.comments.push(why.to_owned());
    }
    let contentions = ValueType::new("contentions", "count");
    profile.sample_types = vec![contentions.clone(), ValueType::new("delay", "nanoseconds")];
    profile.period_type = Some(contentions);
    profile.period = 1;
    profile.time_nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos() as i64);
    Ok(profile)
}

/// A profile with the places of all rows, and each row's.
#[cfg(all(own_sampler, frame_pointers))]
fn places(rows: &[Row]) -> Result<(Profile, Vec<Vec<u32>>), Error> {
    use crate::symbolize::{self, Maps};

    let maps = Maps::read().map_err(|source| Error::System {
        doing: "reading the memory map",
        source,
    })?;
    // Above a function without frame pointers may be anything: what is not in code is none.
    let code = |row: &Row| {
        let stack = row.stack.iter().copied();
        let code = stack.take_while(|address| maps.find(*address).is_some());
        code.collect::<Vec<u64>>()
    };
    let stacks: Vec<Vec<u64>> = rows.iter().map(code).collect();
    let places = symbolize::places(&maps, stacks.iter().flatten().copied());
    let stacks: Vec<Vec<u32>> = stacks.iter().map(|stack| places.stack(stack)).collect();
    let mut profile = places.into_profile();
    let stacks = super::trim::all(&mut profile, stacks);
    Ok((profile, stacks))
}

#[cfg(not(all(own_sampler, frame_pointers)))]
#[expect(clippy::unnecessary_wraps, reason = "with stacks it can fail")]
fn places(rows: &[Row]) -> Result<(Profile, Vec<Vec<u32>>), Error> {
    Ok((Profile::default(), vec![Vec::new(); rows.len()]))
}

/// What stands for a stack where there is none: the task, and what it waited for or gave back.
fn named(profile: &mut Profile, row: &Row) -> Vec<u32> {
    let resource = format!("[{} {}]", row.kind.word(), row.resource);
    let task = row.task.as_deref().map_or_else(
        || "[outside of named tasks]".to_owned(),
        |task| format!("[task {task}]"),
    );
    vec![function(profile, &resource), function(profile, &task)]
}

/// The place of a function that is a name only.
fn function(profile: &mut Profile, name: &str) -> u32 {
    let same = |function: &Function| *function.name == *name && function.filename.is_empty();
    let function = profile.functions.iter().position(same).unwrap_or_else(|| {
        let name: Arc<str> = name.into();
        profile.functions.push(Function {
            system_name: Arc::clone(&name),
            name,
            ..Function::default()
        });
        profile.functions.len() - 1
    });
    let location = Location {
        lines: vec![Line {
            function: function as u32,
            line: 0,
        }],
        ..Location::default()
    };
    let known = profile
        .locations
        .iter()
        .position(|known| *known == location);
    let index = known.unwrap_or_else(|| {
        profile.locations.push(location);
        profile.locations.len() - 1
    });
    index as u32
}

fn values(weight: Weight) -> Vec<i64> {
    vec![weight.count.round() as i64, weight.delay.round() as i64]
}

fn labels(row: &Row) -> Vec<Label> {
    let label = |key: &str, value: &str| Label {
        key: key.into(),
        value: LabelValue::Text(value.into()),
    };
    let mut labels = vec![
        label("resource", &row.resource),
        label("kind", row.kind.word()),
    ];
    labels.extend(row.task.iter().map(|task| label("task", task)));
    labels
}

#[cfg(test)]
mod tests {
    use sync::ResourceKind;

    use super::super::table::Place;
    use super::*;

    #[test]
    fn without_stacks_there_are_names() {
        let table = Table::default();
        for task in [Some("cook"), None] {
            let place = Place {
                stack: &[],
                kind: ResourceKind::Semaphore,
                resource: "stoves",
                task: task.map(Arc::from),
            };
            let weight = Weight {
                count: 2.4,
                delay: 1e9,
            };
            table.add(&place, weight);
        }
        let profile = profile(&table).expect("a profile");
        let mut names: Vec<Vec<&str>> = profile
            .samples
            .iter()
            .map(|sample| {
                let places = sample.locations.iter();
                let function = |place: &u32| {
                    let line = profile.locations[*place as usize].lines[0];
                    &*profile.functions[line.function as usize].name
                };
                places.map(function).collect()
            })
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                ["[semaphore stoves]", "[outside of named tasks]"],
                ["[semaphore stoves]", "[task cook]"]
            ]
        );
        assert_eq!(profile.functions.len(), 3);
        assert_eq!(profile.samples[0].values, [2, 1_000_000_000]);
    }
}
