//! Every variable by its name, unit and meaning: what `--variables` prints, what the metrics' descriptions say, and what a test
//! holds against the variables of a running service.

use std::fmt::Write as _;

use expvar::read::Path;
use expvar::{About, Registry};

/// What a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// `count`, `sum`, `max`, quantiles and the like.
    Distribution,
    /// A text, a flag or a list of them.
    State,
    /// Several at once, which the page of their crate tells apart.
    Several,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name, with dots between its keys. `{label}` is any one key, `*` at the end all that follow.
    pub path: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its unit; empty for plain numbers and texts.
    pub unit: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// When it is there; empty for always.
    pub when: &'static str,
}

const fn row(
    path: &'static str,
    kind: Kind,
    unit: &'static str,
    meaning: &'static str,
    when: &'static str,
) -> Row {
    Row {
        path,
        kind,
        unit,
        meaning,
        when,
    }
}

use Kind::{Counter, Distribution, Gauge, Several, State};

/// All of them. Whoever publishes a variable adds its row.
#[rustfmt::skip] // A row a line.
pub const ROWS: &[Row] = &[
    // Requests: rate, errors, duration.
    row("requests", Counter, "", "requests answered or given up", ""),
    row("errors", Counter, "", "of these, answered with a status of 500 or more", ""),
    row("in_flight", Gauge, "", "requests under way", ""),
    row("latency_ns", Distribution, "ns", "from a request's header to its answer's header", ""),
    row("latency_recent_ns", Distribution, "ns", "the same, of the last ten seconds", ""),
    row("routes.{method}.{route}.{status}", Counter, "", "requests by method, route and class of status (`gone`: the client left)", "once there was one"),
    row("route_latency_ns.{method}.{route}", Distribution, "ns", "latency by method and route", "once there was a request"),
    row("panics", Counter, "", "panics that were caught", ""),
    row("request_bodies.bytes", Gauge, "bytes", "bodies in memory, or promised to those that are being read", ""),
    row("request_bodies.refused", Counter, "", "requests refused because that was too much", ""),
    // What is let in.
    row("connections.accepted", Counter, "", "connections accepted", ""),
    row("connections.open", Gauge, "", "connections open now", ""),
    row("connections.full", Gauge, "", "1 while there is no room for another", ""),
    row("connections.cut.{why}", Counter, "", "connections cut off, by reason", ""),
    row("rate_limit.allowed", Counter, "", "requests within their client's rate", "with a rate limit"),
    row("rate_limit.refused", Counter, "", "requests answered 429", "with a rate limit"),
    row("rate_limit.forgotten", Counter, "", "clients forgotten because the table was full", "with a rate limit"),
    row("overload.admitted", Counter, "", "requests that got one of the places for work", ""),
    row("overload.running", Gauge, "", "requests that have one now", ""),
    row("overload.limit", Gauge, "", "places there are", ""),
    row("overload.waiting", Gauge, "", "requests that wait for a place", ""),
    row("overload.queue_limit", Gauge, "", "how many may wait", ""),
    row("overload.overloaded", Gauge, "", "1 while waiting is useless, and the newest go first", ""),
    row("overload.wait_ns", Distribution, "ns", "waiting for a place", ""),
    row("overload.shed.{priority}.{reason}", Counter, "", "requests refused for want of a place: shed", "once one was"),
    // Who comes in.
    row("keys.known", Gauge, "", "keys that tokens are checked with", "with keys"),
    row("keys.unreadable", Counter, "", "times that the keys could not be read again, and the old ones went on counting", "with keys"),
    row("logins.tries.{what}", Counter, "", "passwords tried: allowed, refused because there were too many, names forgotten because the table was full", "with keys"),
    row("logins.outcomes.{outcome}", Counter, "", "logins by what came of them", "once there was one"),
    // Sales.
    row("orders_placed", Counter, "", "orders acknowledged", ""),
    row("orders_rejected.{code}", Counter, "", "orders not placed, by the code of the error", "once one was"),
    row("orders_reversed", Counter, "", "orders taken back", ""),
    row("pieces_sold", Counter, "", "pieces in the orders placed", ""),
    row("pieces_returned", Counter, "", "pieces in the orders taken back", ""),
    row("revenue.{currency}", Counter, "minor units", "sums of the orders placed", "once one was"),
    row("revenue_reversed.{currency}", Counter, "minor units", "sums of the orders taken back", "once one was"),
    row("shop_open", Gauge, "", "1 while orders are taken, as this process last heard of it", ""),
    // The store.
    row("store.write_queue", Gauge, "", "writes that wait", ""),
    row("store.commits", Counter, "", "commits (SQLite: of groups)", ""),
    row("store.commits_failed", Counter, "", "those that failed", ""),
    row("store.retries", Counter, "", "transactions tried again because of others", ""),
    row("store.batch", Distribution, "", "writes per commit", ""),
    row("store.commit_ns", Distribution, "ns", "the commit itself, mostly the disk's sync", ""),
    row("store.batch_ns", Distribution, "ns", "a group's writes and their commit", ""),
    row("store.wait_ns", Distribution, "ns", "how long the oldest write of a group had waited", ""),
    row("store.pool.size", Gauge, "", "connections there may be (SQLite: its readers)", ""),
    row("store.pool.in_use", Gauge, "", "connections at work", ""),
    row("store.pool.idle", Gauge, "", "connections open without work", ""),
    row("store.pool.waiting", Gauge, "", "callers who wait for one", ""),
    row("store.pool.waits", Counter, "", "callers who ever had to", ""),
    row("store.pool.wait_ns", Counter, "ns", "how long they waited together", ""),
    // Events.
    row("outbox.depth", Gauge, "", "events that wait to be published, those held back by a dead letter included", "with --events"),
    row("outbox.lag_ns", Gauge, "ns", "how long ago the oldest of them happened", "with --events"),
    row("outbox.dead", Gauge, "", "dead letters: events that were refused too often", "with --events"),
    row("outbox.dead_letters.*", Several, "", "the first ten dead letters, each with why it was refused", "with --events"),
    row("outbox.published", Counter, "", "events that were taken", "with --events"),
    row("outbox.refused", Counter, "", "attempts that failed because of the event or its consumer", "with --events"),
    row("outbox.unreachable", Counter, "", "attempts that failed because nobody was there", "with --events"),
    row("outbox.paused", Gauge, "", "1 while nothing is sent because nobody is there", "with --events"),
    row("outbox.delay_ns", Distribution, "ns", "from a change to the moment its event was taken", "with --events"),
    row("outbox.attempt_ns", Distribution, "ns", "how long an attempt took", "with --events"),
    row("outbox.last_error", State, "", "why the last attempt that failed did", "with --events"),
    // The supplier.
    row("supplier.quotes.{source}", Counter, "", "quotes by where they are from: supplier, fallback; unknown to the supplier, or none", "once there was one"),
    row("supplier.waiting", Gauge, "", "requests that wait for the supplier", "with --supplier"),
    row("supplier.full", Counter, "", "requests that did not ask it because too many waited already", "with --supplier"),
    row("supplier.attempts", Counter, "", "attempts to ask it, retries included", "with --supplier"),
    row("supplier.attempts_failed.{cause}", Counter, "", "attempts that failed, by cause: unreachable, broken, late, status, refused, nonsense", "once one did"),
    row("supplier.retries", Counter, "", "attempts that were retries", "with --supplier"),
    row("supplier.not_retried.{why}", Counter, "", "failures after which it was not tried again: not_idempotent, permanent, attempts, deadline, budget", "once there was one"),
    row("supplier.retry_budget", Gauge, "", "retries that may be made at once", "with --supplier"),
    row("supplier.attempt_ns", Distribution, "ns", "how long an attempt took", "with --supplier"),
    row("supplier.call_ns", Distribution, "ns", "how long a request's attempts took together", "with --supplier"),
    row("supplier.breaker.state", State, "", "closed: attempts go through; open: none does; half_open: one at a time looks whether it works again", "with --supplier"),
    row("supplier.breaker.closed", Gauge, "", "1 while it is closed", "with --supplier"),
    row("supplier.breaker.successes", Gauge, "", "attempts that succeeded within its window", "with --supplier"),
    row("supplier.breaker.failures", Gauge, "", "attempts that failed within its window", "with --supplier"),
    row("supplier.breaker.opened", Counter, "", "times that it opened", "with --supplier"),
    row("supplier.breaker.rejected", Counter, "", "attempts that it did not let through", "with --supplier"),
    row("supplier.remembered", Gauge, "", "products of which a price is remembered", "with --supplier"),
    row("supplier.last_error", State, "", "why the last attempt that failed did", "with --supplier"),
    // The experiment of /v1/process.
    row("pipeline.tickets", Gauge, "", "tickets there are", ""),
    row("pipeline.tickets_free", Gauge, "", "tickets nobody has", ""),
    row("pipeline.wait_ns", Distribution, "ns", "waiting for a ticket", ""),
    row("pipeline.ended.{outcome}", Counter, "", "its requests by what came of them: done, gone, or the error's code", "once there was one"),
    row("pipeline.gate.*", Several, "", "the gate before the tickets: as `overload`", ""),
    row("chaos.*", Several, "", "faults on purpose: the rules in force and what took place", ""),
    // Telemetry of the telemetry.
    row("log_lines_lost", Counter, "", "lines that the log's reader was too slow for", ""),
    row("otlp.exported", Counter, "", "spans that the collector took", "with --otlp-endpoint"),
    row("otlp.queued", Gauge, "", "spans that wait to be sent", "with --otlp-endpoint"),
    row("otlp.dropped_queue_full", Counter, "", "spans for which there was no room", "with --otlp-endpoint"),
    row("otlp.dropped_unsent", Counter, "", "spans given up because the collector did not take them", "with --otlp-endpoint"),
    row("otlp.dropped_at_end", Counter, "", "spans left when the service ended", "with --otlp-endpoint"),
    row("otlp.rejected", Counter, "", "spans that the collector took and did not want", "with --otlp-endpoint"),
    row("otlp.retries", Counter, "", "batches sent again", "with --otlp-endpoint"),
    row("otlp.last_error", State, "", "why the last batch was not taken; empty once one was", "with --otlp-endpoint"),
    // Life.
    row("health.started", State, "", "whether the start is complete", ""),
    row("health.ready", State, "", "whether all parts that matter work, as they were last seen", ""),
    row("health.parts.{part}.*", State, "", "a part's `state`, `since` when, and the `cause` if it fails", ""),
    row("lifecycle.phase", State, "", "starting, serving, unready, stopping, draining, closing, ended", ""),
    row("lifecycle.phase_age_ns", Gauge, "ns", "how long it has been in this phase", ""),
    row("lifecycle.finished_total", Counter, "", "tracked tasks that finished", ""),
    row("lifecycle.panicked_total", Counter, "", "tracked tasks that panicked", ""),
    row("lifecycle.panics_total", Counter, "", "panics of the process", ""),
    row("lifecycle.tracked.{task}.*", Several, "", "tasks that the end waits for: how many run, and the age of the oldest in ns", ""),
    row("lifecycle.reason", State, "", "why the service ends", "at the end"),
    row("lifecycle.*", Several, "", "the steps of the end", "at the end"),
    // The process and its runtime.
    row("cmdline", State, "", "the command line, secrets masked", ""),
    row("build.{what}", State, "", "name, version, profile and commit", ""),
    row("uptime", Gauge, "s", "since the start", ""),
    row("tasks", Gauge, "", "tasks alive", ""),
    row("runtime.*", Several, "", "workers, tasks, queues, the blocking pool, and the distribution of polls; lists have a number for each worker", ""),
    row("memstats.{what}", Several, "", "the heap by Go's names, in bytes or objects", ""),
    row("allocator.{what}", Several, "", "what jemalloc says of itself; sizes end in `_bytes`", ""),
    row("process.{what}", Several, "", "CPU time in ns, memory in bytes, threads, open files and their limit, faults and switches", "most of it on Linux"),
    row("cpu.*", Several, "", "the CPU limit in cores, who sets it, and the workers that makes", ""),
    row("cgroup.*", Several, "", "quota, throttling, memory and pressure of the cgroup", "in a cgroup"),
    row("symbols.{what}", Several, "", "what looking up names for profiles has cost", "where profiles have names"),
];

/// The members of a distribution.
const OF_DISTRIBUTION: [&str; 11] = [
    "count", "sum", "min", "max", "mean", "p50", "p90", "p99", "p999", "window", "buckets",
];

impl Row {
    /// Whether this is the row of the value at `path`.
    pub fn is_of(&self, path: &Path) -> bool {
        let mut have = path.segments().iter();
        for key in self.path.split('.') {
            let is_any = key.starts_with('{') && key.ends_with('}');
            match have.next() {
                _ if key == "*" => return true,
                Some(have) if is_any || **have == *key => {}
                _ => return false,
            }
        }
        match (self.kind, have.next()) {
            (Distribution, Some(member)) => {
                OF_DISTRIBUTION.contains(&&**member) && have.next().is_none()
            }
            (Distribution, None) => false,
            (_, rest) => rest.is_none(),
        }
    }
}

/// Describes every variable that has a row of its own to those who show them elsewhere.
pub fn describe(registry: &Registry) {
    let is_plain =
        |row: &&Row| !row.path.contains(['{', '*']) && !matches!(row.kind, State | Several);
    for row in ROWS.iter().filter(is_plain) {
        let mut meaning = row.meaning.to_owned();
        if let Some(first) = meaning.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let about = About::new(format!("{meaning}."));
        registry.describe(
            row.path,
            match row.kind {
                Counter => about.counter(),
                Gauge => about.gauge(),
                _ => about,
            },
        );
    }
}

/// The table in Markdown.
pub fn markdown() -> String {
    let mut text =
        "| variable | kind | unit | meaning | there |\n|---|---|---|---|---|\n".to_owned();
    for Row {
        path,
        kind,
        unit,
        meaning,
        when,
    } in ROWS
    {
        let kind = match kind {
            Counter => "counter",
            Gauge => "gauge",
            Distribution => "distribution",
            State => "state",
            Several => "",
        };
        // A String takes everything.
        let _never = writeln!(text, "| `{path}` | {kind} | {unit} | {meaning} | {when} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_their_values() {
        let found = |path: &str| {
            ROWS.iter()
                .find(|row| row.is_of(&path.into()))
                .map(|row| row.path)
        };
        for (path, row) in [
            ("requests", Some("requests")),
            ("requests.x", None),
            ("latency_ns.p99", Some("latency_ns")),
            ("latency_ns.p98", None),
            ("latency_ns", None),
            (
                "routes.GET./v1/orders/{id}.2xx",
                Some("routes.{method}.{route}.{status}"),
            ),
            ("store.pool.size", Some("store.pool.size")),
            ("cgroup.cpu.path", Some("cgroup.*")),
            ("unknown", None),
        ] {
            assert_eq!(found(path), row, "{path}");
        }
    }

    #[test]
    fn rows_are_there_once_and_fit_into_a_table() {
        let mut paths: Vec<_> = ROWS.iter().map(|row| row.path).collect();
        paths.sort_unstable();
        assert!(paths.windows(2).all(|two| two[0] != two[1]));
        for row in ROWS {
            let cells = [row.path, row.unit, row.meaning, row.when];
            assert!(
                cells.iter().all(|cell| !cell.contains(['|', '\n'])),
                "{}",
                row.path
            );
            assert!(
                !row.meaning.is_empty() && !row.meaning.ends_with('.'),
                "{}",
                row.path
            );
        }
    }
}
