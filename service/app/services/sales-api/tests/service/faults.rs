//! The faults that `--chaos` makes are seen where an operator looks: in variables, and in the profile that names the code. The
//! fifth, a CPU quota that is used up, takes a cgroup that has one: the console's tests of its lints make it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use profile::Profile;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::{Process, Service};

/// Longer than any machine takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// A fault, and where it is to be seen.
struct Fault {
    chaos: &'static str,
    clients: usize,
    /// Whether variables show it: those before, and those of now.
    shown: fn(&Value, &Value) -> bool,
    /// Where the profile is, below `/debug/pprof/`.
    profile: &'static str,
    /// What it names.
    named: &'static str,
}

fn number(variables: &Value, path: &str) -> f64 {
    let found = path.split('.').fold(variables, |value, key| &value[key]);
    found.as_f64().unwrap_or(0.0)
}

fn grown(before: &Value, now: &Value, path: &str) -> f64 {
    number(now, path) - number(before, path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hot_function_is_seen() {
    seen(&Fault {
        chaos: "/v1/products cpu=20ms",
        clients: 2,
        // A second of work, and no less for each request than it was told to take.
        shown: |before, now| {
            let requests = grown(before, now, "chaos.effects.cpu");
            let used = grown(before, now, "process.cpu_ns");
            requests >= 50.0 && used >= requests * 10e6
        },
        profile: "profile?seconds=1",
        named: "sales_api::chaos::effects::spin",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leak_is_seen() {
    seen(&Fault {
        chaos: "/v1/products memory=256KiB",
        clients: 2,
        shown: |before, now| {
            let kept = grown(before, now, "chaos.kept_bytes");
            kept >= 16e6 && grown(before, now, "memstats.HeapAlloc") >= 0.9 * kept
        },
        profile: "heap",
        named: "sales_api::chaos::effects::Kept::keep",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_many_want_is_seen() {
    seen(&Fault {
        chaos: "/v1/products lock=20ms",
        clients: 6,
        // Who waits for others takes longer than the lock is held.
        shown: |_, now| number(now, "latency_recent_ns.p50") > 40e6,
        profile: "mutex",
        // An async function has a name of its own there: `{async_fn#0}`.
        named: "sales_api::chaos::effects::",
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_blocked_is_seen() {
    seen(&Fault {
        chaos: "/v1/products block=1500ms",
        clients: 2,
        shown: |_, now| number(now, "runtime.poll_recent_ns.max") > 1e9,
        profile: "goroutine?debug=2",
        named: "did not answer within",
    })
    .await;
}

/// Makes the fault and looks until it is seen.
async fn seen(fault: &Fault) {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--log-level", "warn,sales_api=info", "--chaos", fault.chaos])
        .start();
    let before = service.variables().await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..fault.clients {
        let (client, stop) = (service.client(), Arc::clone(&stop));
        clients.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                client.get("/v1/products").await;
            }
        });
    }
    let began = Instant::now();
    let (mut shown, mut named) = (false, false);
    while !(shown && named) {
        let what = fault.chaos;
        assert!(
            began.elapsed() < PATIENCE,
            "{what}: variables {shown}, profile {named}"
        );
        shown = shown || (fault.shown)(&before, &service.variables().await);
        named = named || names(&service, fault).await;
    }
    stop.store(true, Ordering::Relaxed);
    while clients.join_next().await.is_some() {}
}

async fn names(service: &Process, fault: &Fault) -> bool {
    let path = format!("/debug/pprof/{}", fault.profile);
    let answer = service.debug_client().get(&path).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    if fault.profile.ends_with("debug=2") {
        return String::from_utf8_lossy(&answer.body).contains(fault.named);
    }
    let profile = Profile::decode(&answer.body).expect("a profile");
    // Only what is in a sample of today's, not what is merely known by name.
    let used = profile.samples.iter().flat_map(|sample| &sample.locations);
    let mut functions = used
        .filter_map(|location| profile.locations.get(*location as usize))
        .flat_map(|location| &location.lines)
        .filter_map(|line| profile.functions.get(line.function as usize));
    functions.any(|function| function.name.contains(fault.named))
}
