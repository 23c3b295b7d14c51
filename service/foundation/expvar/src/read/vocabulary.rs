//! The words that names are made of, sorted.

/// Names of the nanosecond.
pub(super) const NANOSECONDS: &[&str] = &[
    "nanos", "nanosecond", "nanoseconds", "ns", "nsec", "nsecs",
];

/// Names of the byte.
pub(super) const BYTES: &[&str] = &[
    "byte", "bytes",
];

/// Units that have no kind of their own.
pub(super) const OTHER_UNITS: &[&str] = &[
    "celsius", "days", "gb", "gib", "hours", "hz", "joules", "kb", "kib", "kilobytes", "mb",
    "megabytes", "mhz", "mib", "micros", "microseconds", "millis", "milliseconds", "minutes",
    "ms", "msec", "pages", "s", "sec", "second", "seconds", "secs", "us", "usec",
];

/// Anywhere in a name: a quotient or a point in time, whatever else it says.
pub(super) const NEVER_AN_AMOUNT: &[&str] = &[
    "epoch", "fraction", "pct", "per", "percent", "percentage", "ratio", "timestamp", "unix",
];

/// As the last word: a level.
pub(super) const LEVELS: &[&str] = &[
    "active", "alive", "available", "busy", "capacity", "concurrency", "current", "depth",
    "flight", "free", "idle", "inflight", "inuse", "last", "len", "length", "level", "limit",
    "load", "open", "pending", "queued", "rate", "remaining", "running", "size", "usage",
    "used", "utilization", "waiting",
];

/// As the first word: a level or a bound of what follows.
pub(super) const LEVEL_OF: &[&str] = &[
    "active", "alive", "avg", "busy", "concurrent", "current", "idle", "inflight", "last",
    "max", "mean", "min", "open", "pending", "queued", "running", "waiting",
];

/// Things that come and go, so that a count of them is a level.
pub(super) const POPULATION: &[&str] = &[
    "client", "clients", "conn", "connection", "connections", "conns", "cpu", "descriptor",
    "fd", "file", "goroutine", "goroutines", "item", "key", "object", "peer", "process",
    "session", "subscriber", "task", "tasks", "thread", "threads", "user", "worker", "workers",
];

/// Things that happen.
pub(super) const EVENTS: &[&str] = &[
    "accepts", "allocations", "allocs", "attempts", "bucket", "calls", "cancellations",
    "collections", "commits", "conflicts", "count", "counter", "crashes", "denials", "drops",
    "errors", "errs", "evictions", "exceptions", "executions", "failures", "faults", "flushes",
    "frames", "frees", "hits", "inserts", "invocations", "lookups", "mallocs", "messages",
    "misses", "operations", "ops", "overflows", "packets", "panics", "parks", "polls",
    "queries", "reads", "reconnects", "refusals", "rejections", "requests", "responses",
    "restarts", "retries", "revenue", "rollbacks", "runs", "samples", "steals", "switches",
    "syscalls", "timeouts", "transactions", "unparks", "updates", "waits", "wakes", "wakeups",
    "warnings", "writes", "yields",
];

/// What was done; the unit may be that of something around it (`bytes.sent`).
pub(super) const DONE: &[&str] = &[
    "accepted", "acquired", "canceled", "cancelled", "closed", "committed", "completed",
    "consumed", "created", "deleted", "delivered", "denied", "discarded", "done", "dropped",
    "ended", "evicted", "expired", "failed", "finished", "forced", "handled", "in", "issued",
    "lost", "opened", "out", "parsed", "placed", "processed", "produced", "published", "read",
    "received", "refused", "rejected", "released", "removed", "retried", "sampled", "sent",
    "served", "shed", "skipped", "sold", "spawned", "started", "stolen", "succeeded",
    "throttled", "total", "written",
];

/// One number about many values; percentiles (`p99`) come on top.
pub(super) const STATISTICS: &[&str] = &[
    "average", "avg", "current", "max", "maximum", "mean", "median", "min", "minimum", "stddev",
    "sum", "value",
];

/// Kinds of memory.
pub(super) const MEMORY: &[&str] = &[
    "heap", "mem", "memory", "rss", "vsz",
];

/// After one of [`MEMORY`]: an amount of it.
pub(super) const AMOUNTS: &[&str] = &[
    "alloc", "allocated", "available", "current", "free", "idle", "inuse", "limit", "max",
    "peak", "released", "size", "sys", "total", "usage", "used",
];
