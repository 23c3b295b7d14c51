//! The variable `runtime`: the state of a tokio runtime.

#[cfg(tokio_unstable)]
mod polls;
#[cfg(tokio_unstable)]
mod unstable;
mod window;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Handle, RuntimeMetrics};

use window::Window;

/// Has a runtime measure how long its tasks' polls take, for the variables `runtime.poll_ns` and
/// `runtime.poll_recent_ns`. Costs two readings of the clock a poll, some 50 ns; without `--cfg tokio_unstable` it does
/// nothing.
///
/// ```
/// let mut builder = tokio::runtime::Builder::new_multi_thread();
/// let runtime = debug::measure_polls(&mut builder).enable_all().build()?;
/// # drop(runtime);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn measure_polls(builder: &mut Builder) -> &mut Builder {
    #[cfg(tokio_unstable)]
    polls::measure(builder);
    builder
}

/// Reads the runtime's state each time it is called.
pub(super) fn reader(handle: &Handle) -> impl Fn() -> Value + Send + Sync + use<> {
    let metrics = handle.metrics();
    let window = Mutex::new(Window::new(Reading::take(&metrics)));
    move || {
        let now = Reading::take(&metrics);
        let mut state = stable(&metrics, &now);
        let (shares, since) = window
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .turn(&now);
        state.insert("busy".to_owned(), shares.into());
        #[cfg(tokio_unstable)]
        unstable::add(&metrics, &now, &since, &mut state);
        #[cfg(not(tokio_unstable))]
        {
            let _only_for_polls = since;
            let why = "the program was built without --cfg tokio_unstable";
            let missing = NEEDS_UNSTABLE.map(|name| (name.to_owned(), why.into()));
            state.insert(
                "unavailable".to_owned(),
                Value::Object(missing.into_iter().collect()),
            );
        }
        Value::Object(state)
    }
}

#[cfg(not(tokio_unstable))]
const NEEDS_UNSTABLE: [&str; 12] = [
    "blocking_queue_depth",
    "blocking_threads",
    "blocking_threads_idle",
    "budget_forced_yields",
    "local_queue_depth",
    "mean_poll_ns",
    "poll_ns",
    "poll_recent_ns",
    "polls",
    "remote_schedules",
    "spawned_tasks",
    "steals",
];

/// What every build of tokio tells. Lists have one number a worker.
fn stable(metrics: &RuntimeMetrics, now: &Reading) -> Map<String, Value> {
    let busy_ns: Vec<_> = now.busy.iter().map(|busy| busy.as_nanos() as u64).collect();
    let members = json!({
        "workers": metrics.num_workers(),
        "alive_tasks": metrics.num_alive_tasks(),
        "global_queue_depth": metrics.global_queue_depth(),
        "busy_ns": busy_ns,
        "parks": per_worker(metrics, RuntimeMetrics::worker_park_count),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn per_worker<T: Into<Value>>(
    metrics: &RuntimeMetrics,
    figure: impl Fn(&RuntimeMetrics, usize) -> T,
) -> Vec<T> {
    let workers = 0..metrics.num_workers();
    workers.map(|worker| figure(metrics, worker)).collect()
}

/// For how long each worker has been busy and how many polls took how long, at one moment. A worker says so when it parks
/// and every few dozen tasks: one that is blocked in a task says nothing until it gets out.
#[derive(Debug, Clone)]
struct Reading {
    at: Instant,
    busy: Vec<Duration>,
    #[cfg(tokio_unstable)]
    polls: Vec<u64>,
}

impl Reading {
    fn take(metrics: &RuntimeMetrics) -> Self {
        let workers = 0..metrics.num_workers();
        Self {
            at: Instant::now(),
            busy: workers
                .map(|worker| metrics.worker_total_busy_duration(worker))
                .collect(),
            #[cfg(tokio_unstable)]
            polls: polls::counts(metrics),
        }
    }
}
