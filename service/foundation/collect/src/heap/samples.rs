//! From jemalloc's dump to a profile in the shape of Go's.

use std::cmp::Reverse;
use std::time::SystemTime;

use profile::{Profile, Sample, ValueType};

use super::dump::{Dump, Stack};
use crate::Error;
use crate::symbolize::{self, Maps};

/// The allocator's own frames and those that lead to it: the outermost of them and all inside of it are left out.
const DROP_FRAMES: &str = "__rustc::__r(ust|dl|g)_.*|__r(ust|dl|g)_(alloc|alloc_zeroed|realloc)|<?alloc::alloc::.*\
    |<?alloc::raw_vec::.*|<?tikv_jemallocator::.*|_rjem_.*|prof_backtrace_impl";

pub(super) fn profile(dump: &Dump, default: &str) -> Result<Profile, Error> {
    let maps = Maps::read().map_err(|source| Error::System {
        doing: "reading the memory map",
        source,
    })?;
    let calls = |stack: &Stack| -> Vec<u64> {
        let calls = stack
            .returns
            .iter()
            .map(|address| address.saturating_sub(1));
        calls.collect()
    };
    let stacks: Vec<(Vec<u64>, &Stack)> = dump.stacks.iter().map(|s| (calls(s), s)).collect();
    let addresses = stacks.iter().flat_map(|(calls, _)| calls.iter().copied());
    let places = symbolize::places(&maps, addresses);
    let sample = |(calls, stack): &(Vec<u64>, &Stack)| {
        let allocated = stack.allocated.unsampled(dump.rate);
        let in_use = stack.in_use.unsampled(dump.rate);
        let values = [
            allocated.objects,
            allocated.bytes,
            in_use.objects,
            in_use.bytes,
        ];
        Sample {
            locations: places.stack(calls),
            values: values
                .map(|value| i64::try_from(value).unwrap_or(i64::MAX))
                .to_vec(),
            labels: Vec::new(),
        }
    };
    let mut samples: Vec<Sample> = stacks.iter().map(sample).collect();
    samples.sort_by_cached_key(|sample| Reverse((sample.value(3), sample.value(1))));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(Profile {
        sample_types: vec![
            ValueType::new("alloc_objects", "count"),
            ValueType::new("alloc_space", "bytes"),
            ValueType::new("inuse_objects", "count"),
            ValueType::new("inuse_space", "bytes"),
        ],
        samples,
        period_type: Some(ValueType::new("space", "bytes")),
        period: i64::try_from(dump.rate).unwrap_or(i64::MAX),
        time_nanos: now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)),
        default_sample_type: Some(default.to_owned()),
        drop_frames: Some(DROP_FRAMES.to_owned()),
        ..places.into_profile()
    })
}
