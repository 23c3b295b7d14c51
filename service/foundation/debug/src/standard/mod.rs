//! The variables that every program publishes.

mod process;
mod runtime;

use std::fmt;
use std::time::Instant;

use expvar::{Error, Registry};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use crate::mask;

/// Which program this is. [`build!`](crate::build) fills it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    /// The program's name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The commit it was built from, if the build was told (environment variable `BUILD_COMMIT`).
    pub commit: Option<&'static str>,
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
    tasks: Option<Count>,
    panics: Option<Count>,
}

impl Standard {
    /// The variables that need nothing further: `cmdline`, `memstats` where jemalloc is the allocator, `build`, `uptime`
    /// counted from now, and `process` on Linux.
    pub fn new(build: Build) -> Self {
        Self {
            build,
            cmdline: process_args(),
            started: Instant::now(),
            runtime: None,
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

/// Publishes the standard variables:
///
/// | variable | what it holds |
/// |---|---|
/// | `cmdline` | the command line, secrets masked |
/// | `memstats` | what jemalloc knows of the heap, under Go's names; absent with another allocator |
/// | `build` | `name`, `version`, `commit` if known, `profile` |
/// | `uptime` | seconds since the start |
/// | `process` | `rss_bytes`, `fds`, `threads`, `cpu_ns`; on Linux |
/// | `runtime` | `workers`, `alive_tasks`, `global_queue_depth`; per worker `busy_ns` since the start and `busy`, the share of the last seconds |
/// | `tasks` | named tasks alive |
/// | `panics` | panics caught |
///
/// # Errors
/// One of the names is taken.
pub fn publish_standard(registry: &Registry, standard: Standard) -> Result<(), Error> {
    let Standard {
        build,
        cmdline,
        started,
        runtime,
        tasks,
        panics,
    } = standard;
    let cmdline = mask::args(&cmdline);
    registry.func("cmdline", move || cmdline.clone().into())?;
    registry.func("build", move || describe(&build))?;
    registry.func("uptime", move || started.elapsed().as_secs_f64().into())?;
    if collect::support().memstats {
        registry.func("memstats", memstats)?;
    }
    if process::read().is_some() {
        registry.func("process", || process::read().into())?;
    }
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
    described
}

fn memstats() -> Value {
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
