//! The variables `memstats` and `allocator`: what jemalloc tells, under Go's names where they mean the same, and under
//! its own.

use serde_json::{Map, Value, json};

/// `memstats`: only those of Go's fields that mean the same here. There is no garbage collector, so nothing of one.
pub(super) fn memstats() -> Value {
    let Some(stats) = collect::memstats::read() else {
        return Value::Null;
    };
    stats
        .fields()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect::<Map<_, _>>()
        .into()
}

/// `allocator`, which says so if it is one that cannot be asked.
pub(super) fn allocator() -> Value {
    let Some(found) = collect::allocator::read() else {
        return json!({
            "name": "unknown",
            "unavailable": "the program's allocator is not jemalloc, the only one that is asked here",
        });
    };
    json!({
        "name": "jemalloc",
        "version": found.version,
        "allocated_bytes": found.allocated,
        "active_bytes": found.active,
        "metadata_bytes": found.metadata,
        "in_memory_bytes": found.resident,
        "mapped_bytes": found.mapped,
        "retained_bytes": found.retained,
        "arenas": found.arenas,
        "background_thread": found.background_thread,
    })
}
