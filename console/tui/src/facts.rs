//! Which of a target's variables say what about its runtime: ours, Go's, or Prometheus text.
//!
//! Names are looked up once whenever variables come or go, so that a lint or a view costs no search.

use std::ops::Bound;

use cutaway_model::{Path, Scalar};

use crate::variable::Variable;
use crate::vitals::Variables;

/// What is known of a program under several names.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    Workers,
    Busy,
    AliveTasks,
    GlobalQueue,
    LocalQueues,
    BlockingThreads,
    BlockingIdle,
    BlockingQueue,
    PollP50,
    PollP99,
    PollMax,
    PollBuckets,
    Polls,
    Goroutines,
    Threads,
    GcCycles,
    GcPause,
    GcNext,
    GcShare,
    HeapLive,
    HeapInUse,
    HeapObjects,
    Allocated,
    Resident,
    MemoryLimit,
    Fds,
    FdLimit,
    Interrupted,
    CpuPressure,
    CpuUsed,
    CpuLimit,
    CpuLimitBy,
    Periods,
    ThrottledPeriods,
    ThrottledTime,
    Requests,
    InFlight,
    Errors,
    Admitted,
    Shed,
}

/// The names of each, the best first. One with dots is a path of JSON objects, one without may be Prometheus text.
#[rustfmt::skip] // A table: one fact, one line.
const NAMES: &[(Fact, &[&str])] = &[
    (Fact::Workers, &["cpu.workers", "runtime.workers", "cpu_workers", "runtime_workers", "go_sched_gomaxprocs_threads"]),
    (Fact::Busy, &["runtime.busy", "runtime_busy"]),
    (Fact::AliveTasks, &["runtime.alive_tasks", "tasks.alive", "runtime_alive_tasks", "tasks"]),
    (Fact::GlobalQueue, &["runtime.global_queue_depth", "runtime_global_queue_depth"]),
    (Fact::LocalQueues, &["runtime.local_queue_depth", "runtime_local_queue_depth"]),
    (Fact::BlockingThreads, &["runtime.blocking_threads", "runtime_blocking_threads"]),
    (Fact::BlockingIdle, &["runtime.blocking_threads_idle", "runtime_blocking_threads_idle"]),
    (Fact::BlockingQueue, &["runtime.blocking_queue_depth", "runtime_blocking_queue_depth"]),
    (Fact::PollP50, &["runtime.poll_recent_ns.p50", "runtime_poll_recent_p50_seconds"]),
    (Fact::PollP99, &["runtime.poll_recent_ns.p99", "runtime_poll_recent_p99_seconds"]),
    (Fact::PollMax, &["runtime.poll_recent_ns.max", "runtime_poll_recent_max_seconds"]),
    (Fact::PollBuckets, &["runtime.poll_recent_ns.buckets"]),
    (Fact::Polls, &["runtime.polls", "runtime_polls"]),
    (Fact::Goroutines, &["go_goroutines", "Goroutines", "goroutines", "NumGoroutine"]),
    (Fact::Threads, &["process.threads", "process_threads", "go_threads"]),
    (Fact::GcCycles, &["memstats.NumGC", "go_gc_duration_seconds_count"]),
    (Fact::GcPause, &["memstats.PauseTotalNs", "go_gc_duration_seconds_sum"]),
    (Fact::GcNext, &["memstats.NextGC", "go_memstats_next_gc_bytes"]),
    (Fact::GcShare, &["memstats.GCCPUFraction", "go_memstats_gc_cpu_fraction"]),
    (Fact::HeapLive, &["memstats.HeapAlloc", "go_memstats_heap_alloc_bytes", "memstats_heap_alloc_bytes", "allocator.allocated_bytes"]),
    (Fact::HeapInUse, &["memstats.HeapInuse", "go_memstats_heap_inuse_bytes", "memstats_heap_inuse_bytes"]),
    (Fact::HeapObjects, &["memstats.HeapObjects", "go_memstats_heap_objects", "memstats_heap_objects"]),
    (Fact::Allocated, &["memstats.TotalAlloc", "go_memstats_alloc_bytes_total", "memstats_total_alloc_bytes"]),
    (Fact::Resident, &["process.rss_bytes", "process_resident_memory_bytes", "process_rss_bytes"]),
    (Fact::MemoryLimit, &["cgroup.memory.limit_bytes", "cgroup_memory_limit_bytes"]),
    (Fact::Fds, &["process.fds", "process_open_fds", "process_fds"]),
    (Fact::FdLimit, &["process.fd_limit", "process_max_fds", "process_fd_limit"]),
    (Fact::Interrupted, &["process.involuntary_switches", "process_involuntary_switches_total"]),
    (Fact::CpuPressure, &["cgroup.pressure.cpu.some_total_ns", "cgroup_pressure_cpu_some_total_seconds"]),
    (Fact::CpuUsed, &["process.cpu_ns", "process_cpu_seconds_total"]),
    (Fact::CpuLimit, &["cpu.limit_cores", "cpu_limit_cores"]),
    (Fact::CpuLimitBy, &["cpu.limit_by"]),
    (Fact::Periods, &["cgroup.cpu.periods_total", "cgroup_cpu_periods", "container_cpu_cfs_periods_total"]),
    (Fact::ThrottledPeriods, &["cgroup.cpu.throttled_periods_total", "cgroup_cpu_throttled_periods", "container_cpu_cfs_throttled_periods_total"]),
    (Fact::ThrottledTime, &["cgroup.cpu.throttled_total_ns", "cgroup_cpu_throttled_total_seconds"]),
    (Fact::Requests, &["requests", "requests_total", "http_requests_total", "http_request_duration_seconds_count"]),
    (Fact::InFlight, &["in_flight", "http_requests_in_flight", "in_flight_requests"]),
    (Fact::Errors, &["errors", "errors_total"]),
    (Fact::Admitted, &["overload.admitted", "overload_admitted_total"]),
    (Fact::Shed, &["overload.overloaded", "overload_overloaded", "shed_total"]),
];

/// Where each fact of a target is found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    found: Box<[(Fact, Path)]>,
    /// The target's shape when they were looked for.
    shape: Option<u64>,
}

impl Facts {
    /// Looks for them again if variables came or went.
    pub(crate) fn refresh(&mut self, variables: &Variables, shape: u64) -> bool {
        if self.shape == Some(shape) {
            return false;
        }
        self.shape = Some(shape);
        let place = |names: &[&str]| {
            let mut paths = names.iter().map(|name| Path::from(*name));
            paths.find(|path| is_there(variables, path))
        };
        let found = NAMES.iter();
        self.found = found
            .filter_map(|(fact, names)| Some((*fact, place(names)?)))
            .collect();
        true
    }

    /// Where it is found.
    pub(crate) fn path(&self, fact: Fact) -> Option<&Path> {
        let at = self
            .found
            .binary_search_by_key(&fact, |(fact, _)| *fact)
            .ok()?;
        Some(&self.found[at].1)
    }

    /// The variable, if it is one.
    pub(crate) fn variable<'a>(
        &self,
        variables: &'a Variables,
        fact: Fact,
    ) -> Option<&'a Variable> {
        variables.get(self.path(fact)?)
    }

    /// Its value now: of a variable with labels, the sum.
    pub(crate) fn number(&self, variables: &Variables, fact: Fact) -> Option<f64> {
        let list = self.list(variables, fact);
        (!list.is_empty()).then(|| list.iter().sum())
    }

    /// Growth per second now.
    pub(crate) fn rate(&self, variables: &Variables, fact: Fact) -> Option<f64> {
        let path = self.path(fact)?;
        let rates = members(variables, path).filter_map(|(_, variable)| variable.series.rate());
        rates.fold(None, |sum, rate| Some(sum.unwrap_or(0.0) + rate))
    }

    /// Its values now: the items of a list, or one for each set of labels.
    pub(crate) fn list(&self, variables: &Variables, fact: Fact) -> Vec<f64> {
        let Some(path) = self.path(fact) else {
            return Vec::new();
        };
        let mut list = Vec::new();
        for (_, variable) in members(variables, path).filter(|(_, variable)| variable.present) {
            match variable.value() {
                Scalar::Array(items) => list.extend(items.iter().filter_map(Scalar::as_f64)),
                _ => list.extend(variable.number()),
            }
        }
        list
    }
}

/// The variable at `path`, or those below it.
pub(crate) fn members<'a>(
    variables: &'a Variables,
    path: &'a Path,
) -> impl Iterator<Item = (&'a Path, &'a Variable)> {
    let depth = path.segments().len();
    let from = (Bound::Included(path), Bound::Unbounded);
    variables
        .range::<Path, _>(from)
        .take_while(move |(below, _)| below.segments().starts_with(path.segments()))
        .filter(move |(below, _)| {
            // Below a metric stand its labels; objects below an object are other things.
            below.segments().len() == depth || below.name().starts_with('{')
        })
}

fn is_there(variables: &Variables, path: &Path) -> bool {
    members(variables, path).next().is_some()
}

#[cfg(test)]
mod tests {
    use cutaway_model::{Kind, Number, Source};

    use super::*;

    fn variables(all: &[(Path, Scalar)]) -> Variables {
        let one = |(path, value): &(Path, Scalar)| {
            let mut variable = Variable::new(path, Source::Expvar, Kind::Gauge, value.clone(), 10);
            variable.take(std::time::Duration::from_secs(1), value, false);
            (path.clone(), variable)
        };
        all.iter().map(one).collect()
    }

    fn float(value: f64) -> Scalar {
        Scalar::Number(Number::F64(value))
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn lists_and_labels_are_the_same() {
        let list = variables(&[(
            "runtime.busy".into(),
            Scalar::Array(vec![float(0.5), float(0.25)]),
        )]);
        let labelled = |worker: &str| Path::new(["runtime_busy", worker]);
        let labels = variables(&[
            (labelled(r#"{index="0"}"#), float(0.5)),
            (labelled(r#"{index="1"}"#), float(0.25)),
            ("runtime_busy_seconds".into(), float(9.0)),
        ]);
        for variables in [list, labels] {
            let mut facts = Facts::default();
            assert!(facts.refresh(&variables, 1) && !facts.refresh(&variables, 1));
            assert_eq!(facts.list(&variables, Fact::Busy), [0.5, 0.25]);
            assert_eq!(facts.number(&variables, Fact::Busy), Some(0.75));
            assert_eq!(facts.number(&variables, Fact::Workers), None);
        }
    }
}
