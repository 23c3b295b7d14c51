//! The variables that every program publishes.

mod cached;
mod cpu;
mod heap;
mod process;
mod runtime;
mod symbols;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use expvar::{About, Error, Registry, Unit};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::mask;
use cached::Cached;
pub use runtime::measure_polls;

/// Which program this is. [`build!`](crate::build) fills it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    /// The program's name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The commit it was built from, if the build was told (environment variable `BUILD_COMMIT`).
    pub commit: Option<&'static str>,
    /// When it was built, as in RFC 3339, if the build was told (environment variable `BUILD_DATE`).
    pub date: Option<&'static str>,
    /// `dev` or `release`.
    pub profile: &'static str,
}

/// The [`Build`] of the crate this is written in.
#[macro_export]
macro_rules! build {
    () => {
        $crate::Build {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("BUILD_COMMIT"),
            date: option_env!("BUILD_DATE"),
            profile: if cfg!(debug_assertions) {
                "dev"
            } else {
                "release"
            },
        }
    };
}

type Count = Box<dyn Fn() -> u64 + Send + Sync>;

/// Where the standard variables come from; what is not set is not published.
pub struct Standard {
    build: Build,
    cmdline: Vec<String>,
    started: Instant,
    runtime: Option<Handle>,
    limits: Option<Arc<Mutex<cpulimit::Watch>>>,
    tasks: Option<Count>,
    panics: Option<Count>,
}

impl Standard {
    /// The variables that need nothing further: all but `runtime`, `tasks` and `panics`. `uptime` is counted from now.
    pub fn new(build: Build) -> Self {
        Self {
            build,
            cmdline: process_args(),
            started: Instant::now(),
            runtime: None,
            limits: None,
            tasks: None,
            panics: None,
        }
    }

    /// Publishes this as `cmdline` instead of the process's own. Secrets in it are masked.
    pub fn cmdline(mut self, args: Vec<String>) -> Self {
        self.cmdline = args;
        self
    }

    /// Publishes `runtime`: the state of the tokio runtime that does the program's work.
    pub fn runtime(mut self, handle: Handle) -> Self {
        self.runtime = Some(handle);
        self
    }

    /// Shows the CPU limit of this watch as `cpu` and `cgroup`, for a program that made its decisions by it and reads it
    /// again by itself. Without this, one of its own is made, and read again when somebody looks.
    pub fn cpu(mut self, watch: Arc<Mutex<cpulimit::Watch>>) -> Self {
        self.limits = Some(watch);
        self
    }

    /// Publishes `tasks`: how many tasks are alive, by `sync::alive_count` (the named ones) or the runtime's own count.
    pub fn tasks(mut self, count: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        self.tasks = Some(Box::new(move || count() as u64));
        self
    }

    /// Publishes `panics`, unless somebody did already: how many panics were caught (`lifecycle::panics`).
    pub fn panics(mut self, count: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.panics = Some(Box::new(count));
        self
    }
}

impl fmt::Debug for Standard {
    /// Without the command line: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standard")
            .field("build", &self.build)
            .finish_non_exhaustive()
    }
}

/// Publishes the standard variables. What is not known here is absent, and where that may surprise, `unavailable` in the
/// object says why.
///
/// | variable | what it holds |
/// |---|---|
/// | `cmdline` | the command line, secrets masked |
/// | `memstats` | what jemalloc knows of the heap, under Go's names; absent with another allocator |
/// | `allocator` | what jemalloc says of itself: `allocated_bytes`, `active_bytes` (pages with objects), `metadata_bytes`, `in_memory_bytes` (resident), `mapped_bytes`, `retained_bytes` |
/// | `symbols` | what looking up names for profiles has cost: how often and for how many addresses, the time, the most memory it took, what is kept |
/// | `build` | `name`, `version`, `commit` and `date` if known, `profile` |
/// | `uptime` | seconds since the start |
/// | `process` | `cpu_ns`, `rss_bytes`, `threads`, `fds` and their limit, page faults, context switches, `start_time_seconds`; the most on Linux |
/// | `cpu` | the CPU limit, who sets it, the worker threads that makes, in words too (`cpulimit`) |
/// | `cgroup` | quota, periods and throttling, memory with its limit and kills, pressure; absent without cgroups |
/// | `runtime` | workers, tasks, queues, the blocking pool, polls; see below |
/// | `tasks` | named tasks alive |
/// | `panics` | panics |
///
/// Of `runtime` these are lists with one number a worker: `busy` (share of the last seconds), `busy_ns`, `parks`, and with
/// `--cfg tokio_unstable` `local_queue_depth`, `polls`, `steals`, `mean_poll_ns`. A runtime that was built with
/// [`measure_polls`] has histograms of its polls' times too, over its life (`poll_ns`) and over the last seconds
/// (`poll_recent_ns`).
///
/// `memstats`, `allocator`, `process` and `cgroup` cost some 10 to 100 µs to read, so they may be 250 ms old, or a hundred
/// times as long as reading them took if that is more.
///
/// # Errors
/// One of the names is taken.
pub fn publish_standard(registry: &Registry, standard: Standard) -> Result<(), Error> {
    let Standard {
        build,
        cmdline,
        started,
        runtime,
        limits,
        tasks,
        panics,
    } = standard;
    describe_all(registry);
    let cmdline = mask::args(&cmdline);
    registry.func("cmdline", move || cmdline.clone().into())?;
    registry.func("build", move || describe(&build))?;
    registry.func("uptime", move || started.elapsed().as_secs_f64().into())?;
    if collect::support().memstats {
        cached(registry, "memstats", heap::memstats)?;
    }
    cached(registry, "allocator", heap::allocator)?;
    if collect::lookups().is_some() {
        registry.func("symbols", symbols::read)?;
    }
    if let Some(process) = process::reader() {
        cached(registry, "process", process)?;
    }
    cpu::publish(registry, cpu::Limits::new(limits))?;
    if let Some(handle) = runtime {
        registry.func("runtime", runtime::reader(&handle))?;
    }
    if let Some(count) = tasks {
        registry.func("tasks", move || count().into())?;
    }
    match panics {
        Some(count) => unless_taken(registry.func("panics", move || count().into())),
        None => Ok(()),
    }
}

fn cached(
    registry: &Registry,
    name: &str,
    read: impl Fn() -> Value + Send + Sync + 'static,
) -> Result<(), Error> {
    let cached = Cached::new(read);
    registry.func(name, move || cached.get())
}

/// For those who look at one of them. Names that say it all are left out.
fn describe_all(registry: &Registry) {
    let seconds = |help| About::new(help).unit(Unit::Seconds);
    for (name, about) in [
        ("uptime", seconds("Time since the start.").gauge()),
        (
            "process.start_time_seconds",
            seconds("Start of the process, since 1970.").gauge(),
        ),
        (
            "process.cpu_ns",
            About::new("CPU time, in the program and in the kernel for it.").counter(),
        ),
        (
            "process.rss_bytes",
            About::new("Memory that is resident.").gauge(),
        ),
        (
            "process.fds",
            About::new("Files, sockets and the like that are open.").gauge(),
        ),
        (
            "process.fd_limit",
            About::new("How many of them may be open.").gauge(),
        ),
        ("process.threads", About::new("Threads.").gauge()),
        (
            "symbols.lookups",
            About::new("How often names were looked up for a profile.").counter(),
        ),
        (
            "symbols.addresses",
            About::new("Addresses whose names were looked up.").counter(),
        ),
        (
            "symbols.took_ns",
            About::new("Time that looking up names took.").counter(),
        ),
        (
            "symbols.peak_heap_bytes",
            About::new("The most memory that looking up names took; it is given back.").gauge(),
        ),
        (
            "symbols.kept_bytes",
            About::new("Names and places that are kept for the next profile.").gauge(),
        ),
        (
            "process.minor_faults",
            About::new("Page faults served without I/O.").counter(),
        ),
        (
            "process.major_faults",
            About::new("Page faults that had to read from storage.").counter(),
        ),
        (
            "process.voluntary_switches",
            About::new("Context switches of threads that had to wait.").counter(),
        ),
        (
            "process.involuntary_switches",
            About::new("Context switches of threads whose time was up.").counter(),
        ),
        (
            "runtime.alive_tasks",
            About::new("Tasks of the runtime that have not ended.").gauge(),
        ),
        (
            "runtime.global_queue_depth",
            About::new("Tasks that wait in the queue all workers share.").gauge(),
        ),
        (
            "runtime.blocking_threads",
            About::new("Threads for blocking work.").gauge(),
        ),
        (
            "runtime.blocking_queue_depth",
            About::new("Blocking work that waits for a thread.").gauge(),
        ),
        (
            "runtime.spawned_tasks",
            About::new("Tasks spawned.").counter(),
        ),
        (
            "runtime.remote_schedules",
            About::new("Tasks woken from outside the workers.").counter(),
        ),
        (
            "runtime.budget_forced_yields",
            About::new("Tasks made to yield because they used up their budget.").counter(),
        ),
        ("tasks", About::new("Tasks that have not ended.").gauge()),
        ("panics", About::new("Panics.").counter()),
    ] {
        registry.describe(name, about);
    }
}

/// This process's command line as it is, secrets included.
pub(crate) fn process_args() -> Vec<String> {
    std::env::args_os()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect()
}

/// The count of panics is the process's: the request pipeline publishes it too, and whoever comes first does it.
fn unless_taken(published: Result<(), Error>) -> Result<(), Error> {
    match published {
        Err(Error::Taken { .. }) => Ok(()),
        published => published,
    }
}

fn describe(build: &Build) -> Value {
    let mut described =
        json!({ "name": build.name, "version": build.version, "profile": build.profile });
    if let Some(commit) = build.commit {
        described["commit"] = commit.into();
    }
    if let Some(date) = build.date {
        described["date"] = date.into();
    }
    described
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    /// The document with the variables of a program whose runtime has done some work.
    fn document(measured: bool) -> Value {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(2);
        if measured {
            measure_polls(&mut builder);
        }
        let runtime = builder.build().expect("a runtime");
        let registry = Registry::new();
        let standard = Standard::new(crate::build!()).runtime(runtime.handle().clone());
        publish_standard(&registry, standard).expect("free names");
        let tasks: Vec<_> = (0..100)
            .map(|_| runtime.spawn(tokio::task::yield_now()))
            .collect();
        let work = async {
            for task in tasks {
                task.await.expect("no panic");
            }
            tokio::task::spawn_blocking(|| ()).await.expect("no panic");
        };
        runtime.block_on(work);
        // A worker tells what it did when it has nothing to do any more.
        let started = Instant::now();
        loop {
            let document: Value = serde_json::from_str(&registry.to_json()).expect("it is JSON");
            if polls(&document["runtime"]) >= 100 || !cfg!(tokio_unstable) {
                return document;
            }
            assert!(started.elapsed().as_secs() < 60, "{document}");
            std::thread::yield_now();
        }
    }

    fn polls(runtime: &Value) -> u64 {
        let workers = runtime["polls"].as_array().into_iter().flatten();
        workers.filter_map(Value::as_u64).sum()
    }

    #[test]
    fn a_runtime_tells_what_its_build_allows_and_why_the_rest_is_missing() {
        let runtime = &document(false)["runtime"];
        assert_eq!(runtime["workers"], 2);
        for list in ["busy", "busy_ns", "parks"] {
            assert_eq!(runtime[list].as_array().map(Vec::len), Some(2), "{list}");
        }
        assert!(runtime.get("poll_ns").is_none());
        let why = runtime["unavailable"]["poll_ns"].as_str();
        if cfg!(tokio_unstable) {
            assert!(why.is_some_and(|why| why.contains("measure_polls")));
            assert!(runtime["spawned_tasks"].as_u64() >= Some(100), "{runtime}");
            for number in [
                "blocking_threads",
                "blocking_queue_depth",
                "budget_forced_yields",
                "remote_schedules",
            ] {
                assert!(runtime[number].is_u64(), "{number}: {runtime}");
            }
        } else {
            assert!(why.is_some_and(|why| why.contains("tokio_unstable")));
            assert!(runtime.get("polls").is_none());
        }
    }

    #[cfg(tokio_unstable)]
    #[test]
    fn a_runtime_that_measures_polls_has_their_histogram() {
        let runtime = &document(true)["runtime"];
        let polls = &runtime["poll_ns"];
        assert!(polls["count"].as_u64() >= Some(100), "{runtime}");
        assert!(polls["p50"].as_u64() > Some(0), "{polls}");
        assert!(polls["p50"].as_u64() <= polls["p99"].as_u64(), "{polls}");
        let buckets = polls["buckets"].as_array().expect("a list");
        let counted: u64 = buckets.iter().filter_map(|pair| pair[1].as_u64()).sum();
        assert_eq!(Some(counted), polls["count"].as_u64());
        let recent = &runtime["poll_recent_ns"]["count"];
        assert!(recent.is_u64() && recent.as_u64() <= polls["count"].as_u64());
        assert!(runtime.get("unavailable").is_none());
    }

    #[test]
    fn the_allocator_of_this_program_cannot_be_asked_and_that_is_said() {
        let document = document(false);
        assert!(document.get("memstats").is_none());
        assert_eq!(document["allocator"]["name"], "unknown");
        let why = document["allocator"]["unavailable"].as_str();
        assert!(why.is_some_and(|why| why.contains("jemalloc")));
    }

    #[test]
    fn the_cpu_limit_is_told_unasked_and_that_of_the_program_if_it_has_one() {
        let cpu = &document(false)["cpu"];
        assert!(cpu["workers"].as_u64() >= Some(1), "{cpu}");
        assert!(cpu["explanation"].is_string());

        let root = std::path::Path::new("/nowhere");
        let sources = cpulimit::Sources::system()
            .under(root)
            .affinity(Some(3))
            .parallelism(None);
        let watch = Arc::new(Mutex::new(cpulimit::Watch::new(sources)));
        let registry = Registry::new();
        let standard = Standard::new(crate::build!()).cpu(watch);
        publish_standard(&registry, standard).expect("free names");
        let document: Value = serde_json::from_str(&registry.to_json()).expect("it is JSON");
        assert_eq!(document["cpu"]["workers"], 3);
        assert!(document.get("cgroup").is_none(), "there is none there");
    }
}
