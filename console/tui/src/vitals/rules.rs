//! Under which names programs publish what.

use super::Role;

/// What to look for and how to use it.
pub(super) struct Rule {
    pub(super) role: Role,
    pub(super) title: &'static str,
    /// Names in lower case, the best first. A name fits a variable, or an object of variables, that is or ends in it.
    pub(super) names: &'static [&'static str],
    pub(super) use_as: Use,
}

/// What to make of the variables found.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Use {
    /// Counters: their growth.
    Rate,
    /// Counters of processor time: how many processors were busy.
    Busy,
    /// One variable's value.
    Value,
    /// The values of all variables in an object.
    Sum,
    /// One value of a histogram, under one of these names.
    Quantile(&'static [&'static str]),
    /// The mean of what a histogram counted since the reading before: growth of its sum by growth of its count.
    Mean,
}

const MEDIAN: &[&str] = &["p50", "0.5", "median"];
const TAIL: &[&str] = &["p99", "0.99"];
/// Quantiles of the last seconds come before those of the whole life, which hardly move after a day.
const RECENT_LATENCIES: &[&str] = &[
    "latency_recent_ns",
    "latency_ns",
    "request_duration_ns",
    "http_request_duration_seconds",
    "request_duration_seconds",
    "duration_seconds",
    "latency_seconds",
    "latency",
];
const LATENCIES: &[&str] = &[
    "latency_ns",
    "request_duration_ns",
    "http_request_duration_seconds",
    "request_duration_seconds",
    "duration_seconds",
    "latency_seconds",
    "latency",
];

/// The key numbers of a service, the most important first.
pub(super) const SERVICE: &[Rule] = &[
    rule(
        Role::Requests,
        "requests",
        &[
            "requests",
            "requests_total",
            "duration_seconds_count",
            "hits",
        ],
        Use::Rate,
    ),
    rule(
        Role::Errors,
        "errors",
        &["errors", "errors_total", "failures", "failures_total"],
        Use::Rate,
    ),
    rule(Role::LatencyMean, "latency mean", LATENCIES, Use::Mean),
    rule(
        Role::LatencyMedian,
        "latency p50",
        RECENT_LATENCIES,
        Use::Quantile(MEDIAN),
    ),
    rule(
        Role::LatencyTail,
        "latency p99",
        RECENT_LATENCIES,
        Use::Quantile(TAIL),
    ),
    rule(
        Role::InFlight,
        "in flight",
        &[
            "in_flight",
            "inflight",
            "in_flight_requests",
            "active_requests",
        ],
        Use::Sum,
    ),
    rule(
        Role::Tasks,
        "tasks",
        &["tasks.alive", "tasks", "alive_tasks"],
        Use::Value,
    ),
    rule(
        Role::Tasks,
        "goroutines",
        &["goroutines", "go_goroutines", "numgoroutine"],
        Use::Value,
    ),
    rule(
        Role::Memory,
        "memory",
        &[
            "resident_bytes",
            "process_resident_memory_bytes",
            "rss_bytes",
            "memstats.heapalloc",
            "memstats.alloc",
            "go_memstats_heap_alloc_bytes",
        ],
        Use::Value,
    ),
    rule(
        Role::Cpu,
        "CPU",
        &["cpu_ns", "cpu_time_ns", "cpu_seconds_total", "cpu_seconds"],
        Use::Busy,
    ),
];

/// What fills the places left over.
pub(super) const FILLERS: &[Rule] = &[
    rule(
        Role::Other,
        "allocations",
        &["memstats.mallocs", "go_memstats_mallocs_total"],
        Use::Rate,
    ),
    rule(
        Role::Other,
        "allocated",
        &["memstats.totalalloc", "go_memstats_alloc_bytes_total"],
        Use::Rate,
    ),
    rule(
        Role::Other,
        "GC cycles",
        &["memstats.numgc", "go_gc_duration_seconds_count"],
        Use::Rate,
    ),
    rule(
        Role::Other,
        "GC pause",
        &["memstats.pausetotalns", "go_gc_duration_seconds_sum"],
        Use::Rate,
    ),
    rule(
        Role::Other,
        "heap objects",
        &["memstats.heapobjects", "go_memstats_heap_objects"],
        Use::Value,
    ),
    rule(
        Role::Other,
        "heap in use",
        &["memstats.heapinuse", "go_memstats_heap_inuse_bytes"],
        Use::Value,
    ),
    rule(
        Role::Other,
        "heap idle",
        &["memstats.heapidle", "go_memstats_heap_idle_bytes"],
        Use::Value,
    ),
    rule(
        Role::Other,
        "from the system",
        &["memstats.sys", "go_memstats_sys_bytes"],
        Use::Value,
    ),
    rule(
        Role::Other,
        "threads",
        &["threads", "go_threads"],
        Use::Value,
    ),
];

/// Objects that hold the runtime's numbers, not the program's own.
pub(super) const RUNTIME: &[&str] = &[
    "memstats", "go_", "process", "promhttp", "runtime", "uptime", "build", "tokio",
];

const fn rule(
    role: Role,
    title: &'static str,
    names: &'static [&'static str],
    use_as: Use,
) -> Rule {
    Rule {
        role,
        title,
        names,
        use_as,
    }
}
