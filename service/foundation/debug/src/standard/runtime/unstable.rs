//! What only a build with `--cfg tokio_unstable` tells.

use serde_json::{Map, Value, json};
use tokio::runtime::RuntimeMetrics;

use super::{Reading, per_worker, polls};

/// Adds it. Lists have one number a worker.
pub(super) fn add(
    metrics: &RuntimeMetrics,
    now: &Reading,
    since: &Reading,
    state: &mut Map<String, Value>,
) {
    let mean_poll_ns = |metrics: &RuntimeMetrics, worker| {
        u64::try_from(metrics.worker_mean_poll_time(worker).as_nanos()).unwrap_or(u64::MAX)
    };
    let members = json!({
        "blocking_threads": metrics.num_blocking_threads(),
        "blocking_threads_idle": metrics.num_idle_blocking_threads(),
        "blocking_queue_depth": metrics.blocking_queue_depth(),
        "spawned_tasks": metrics.spawned_tasks_count(),
        "remote_schedules": metrics.remote_schedule_count(),
        "budget_forced_yields": metrics.budget_forced_yield_count(),
        "local_queue_depth": per_worker(metrics, RuntimeMetrics::worker_local_queue_depth),
        "polls": per_worker(metrics, RuntimeMetrics::worker_poll_count),
        "steals": per_worker(metrics, RuntimeMetrics::worker_steal_count),
        "mean_poll_ns": per_worker(metrics, mean_poll_ns),
    });
    if let Value::Object(members) = members {
        state.extend(members);
    }
    if metrics.poll_time_histogram_enabled() {
        let recent = polls::since(&now.polls, &since.polls);
        state.insert("poll_ns".into(), polls::describe(metrics, &now.polls));
        state.insert("poll_recent_ns".into(), polls::describe(metrics, &recent));
    } else {
        let why = "the runtime does not measure polls: build it with debug::measure_polls";
        let missing = json!({ "poll_ns": why, "poll_recent_ns": why });
        state.insert("unavailable".into(), missing);
    }
}
