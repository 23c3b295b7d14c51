//! Programs with which nothing is wrong: no lint fires.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::fake::{Fake, Reply, path};
use crate::load::Load;
use crate::programs::Program;
use crate::watch::Watch;
use crate::{alone, run_all, say, setting};

/// Readings in the short run: more than the windows of the rules that look back 10 s.
const READINGS: usize = 11;

struct Healthy {
    name: &'static str,
    /// `None` where it cannot be had.
    start: fn() -> Option<Running>,
    /// Not in the short run.
    long: bool,
}

/// Something to watch.
struct Running {
    target: SocketAddr,
    /// The path that is read each second.
    path: &'static str,
    /// Comes once it is watched.
    load: Option<(SocketAddr, usize, Duration)>,
    _program: Option<Program>,
    _server: Option<(Fake, Runtime)>,
}

const RUNS: [Healthy; 12] = [
    healthy("the service, idle", false, || Some(sales(&[], None))),
    healthy("the service under moderate load", false, || {
        Some(sales(&[], Some((4, 20))))
    }),
    healthy(
        "the service with many clients that seldom ask",
        true,
        || Some(sales(&[], Some((150, 1_000)))),
    ),
    healthy("the service with one worker", true, || {
        Some(sales(&["--workers", "1"], Some((4, 50))))
    }),
    healthy("the service with slow answers", true, || {
        Some(sales(
            &["--chaos", "/v1/products latency=50ms..200ms"],
            Some((8, 50)),
        ))
    }),
    // As it is, its two consumers are all that a machine with two processors can do: that would be out of CPU.
    healthy("the lab with room for all", true, || {
        Some(channels(&["--capacity", "512", "--consumers", "1"]))
    }),
    healthy("the lab with a channel that is mostly full", false, || {
        let knobs = ["--capacity", "16", "--producers", "16", "--consumers", "1"];
        Some(channels(&knobs))
    }),
    healthy("the lab with its knobs at their bounds", true, || {
        let knobs = ["--capacity", "1024", "--producers", "16", "--items", "400"];
        Some(channels(
            &[&knobs[..], &["--work", "0", "--consumers", "16"]].concat(),
        ))
    }),
    healthy("the lab with little to do", true, || {
        Some(channels(&["--items", "10", "--work", "50"]))
    }),
    healthy("a Go program, idle", true, || {
        Program::go().map(|it| go(it, None))
    }),
    healthy("a Go program under load", true, || {
        Program::go().map(|it| go(it, Some((4, 20))))
    }),
    healthy("a server with Prometheus text", false, || Some(metrics())),
];

const fn healthy(name: &'static str, long: bool, start: fn() -> Option<Running>) -> Healthy {
    Healthy { name, start, long }
}

/// Clients, and the milliseconds between an answer and their next request.
type Asked = Option<(usize, u64)>;

fn sales(flags: &[&str], load: Asked) -> Running {
    program(Program::sales(flags), load)
}

fn channels(knobs: &[&str]) -> Running {
    program(Program::channels(knobs), None)
}

fn go(it: Program, load: Asked) -> Running {
    program(it, load)
}

fn program(it: Program, load: Asked) -> Running {
    let load = load.zip(it.api);
    Running {
        target: it.debug,
        path: "/debug/vars",
        load: load.map(|((clients, pause), api)| (api, clients, Duration::from_millis(pause))),
        _program: Some(it),
        _server: None,
    }
}

/// Something that is not ours: counters that rise, gauges that waver, a histogram.
fn metrics() -> Running {
    let asked = AtomicU64::new(0);
    let reply = move |head: &str| {
        if path(head) != "/metrics" {
            return Reply::not_found();
        }
        let n = asked.fetch_add(1, Ordering::SeqCst);
        let text = format!(
            "# TYPE http_requests_total counter\nhttp_requests_total{{code=\"200\"}} {}\n\
             http_requests_total{{code=\"500\"}} {}\n# TYPE queue_waiting gauge\nqueue_waiting {}\n\
             queue_queue_limit 10\n# TYPE took_seconds histogram\ntook_seconds_bucket{{le=\"0.1\"}} {n}\n\
             took_seconds_bucket{{le=\"+Inf\"}} {n}\ntook_seconds_sum {n}\ntook_seconds_count {n}\n\
             process_cpu_seconds_total {}\nprocess_resident_memory_bytes {}\nprocess_open_fds 12\nprocess_max_fds 1024\n",
            n * 40,
            n / 10,
            n % 4,
            n as f64 * 0.05,
            20_000_000 + n % 7 * 100_000,
        );
        Reply::text(text)
    };
    let runtime = Runtime::new().expect("a runtime can be started");
    let fake = runtime.block_on(Fake::start(reply));
    Running {
        target: fake.addr,
        path: "/metrics",
        load: None,
        _program: None,
        _server: Some((fake, runtime)),
    }
}

/// Watches it; false where it cannot be had.
fn watched(healthy: &Healthy, readings: usize) -> bool {
    let Some(running) = (healthy.start)() else {
        return false;
    };
    let watch = Watch::start(running.target, running.path);
    watch.stay(2, None);
    let load = running
        .load
        .map(|(api, clients, pause)| Load::start(api, clients, "/v1/products", pause));
    watch.stay(readings, None);
    drop(load);
    // That it ends is no reason to worry either.
    watch.stay(2, None);
    say(&format!(
        "{}: nothing in {} readings",
        healthy.name,
        watch.tap.readings()
    ));
    watch.session.quit();
    true
}

#[test]
fn nothing_fires_where_nothing_is_wrong() {
    let _alone = alone();
    let long = setting("LINTS_READINGS");
    let chosen = RUNS
        .iter()
        .filter(|healthy| long.is_some() || !healthy.long);
    let readings = long.unwrap_or(READINGS);
    let results = run_all(chosen, long.is_none(), |healthy| watched(healthy, readings));
    let count = |wanted| results.iter().filter(|result| **result == wanted).count();
    let (runs, skipped, failed) = (count(Some(true)), count(Some(false)), count(None));
    println!("found: runs={runs} readings={readings} failed={failed} skipped={skipped}");
    assert_eq!(failed, 0, "of {} runs", results.len());
}
