//! The variable `symbols`: what looking up names for profiles has cost.

use std::time::Duration;

use serde_json::{Value, json};

/// Null where names are not looked up by this process. `peak_heap_bytes` is null until one has been, and with an allocator
/// other than jemalloc.
pub(super) fn read() -> Value {
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    collect::lookups().map_or(Value::Null, |found| {
        json!({
            "lookups": found.count,
            "addresses": found.addresses,
            "took_ns": nanoseconds(found.took),
            "longest_ns": nanoseconds(found.longest),
            "peak_heap_bytes": found.peak_heap_bytes,
            "peak_mapped_bytes": found.peak_mapped_bytes,
            "kept_bytes": found.kept_bytes,
        })
    })
}
