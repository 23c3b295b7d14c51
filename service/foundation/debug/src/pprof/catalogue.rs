//! The profiles that Go's tools ask for: which there are here, and why not the others.

use collect::support;

/// Something under one of Go's names.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The values of `debug` that give a text of its own.
    pub(crate) texts: &'static [u8],
    pub(crate) kind: Kind,
}

/// What stands behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not a profile; answered by a route of its own.
    Own,
    /// Names of addresses; answered by a route of its own.
    Symbol,
    /// The CPU profile, which takes time.
    Cpu,
    /// What there is now.
    Snapshot(Snapshot),
    /// Not to be had in a Rust program.
    Never(&'static str),
}

/// A profile of what there is now, or was since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Snapshot {
    Heap,
    Allocs,
    Tasks,
    Block,
    Mutex,
    Threads,
}

impl Entry {
    /// Ok, or why it cannot be had here.
    pub(crate) fn available(&self) -> Result<(), &'static str> {
        match self.kind {
            Kind::Own => Ok(()),
            Kind::Symbol => match collect::lookups() {
                Some(_) => Ok(()),
                None => Err("names of addresses need Linux on x86-64 or 64-bit Arm"),
            },
            Kind::Cpu => support().cpu,
            Kind::Snapshot(snapshot) => snapshot.available(),
            Kind::Never(why) => Err(why),
        }
    }

    /// How many records it has, where there is such a number.
    pub(crate) fn count(&self) -> Option<usize> {
        match self.kind {
            Kind::Snapshot(snapshot) => snapshot.count(),
            _ => None,
        }
    }

    /// How often it is sampled, where that is a choice.
    pub(crate) fn sampled(&self) -> Option<String> {
        let Kind::Snapshot(snapshot) = self.kind else {
            return None;
        };
        let unit = match snapshot {
            Snapshot::Heap | Snapshot::Allocs => " bytes",
            Snapshot::Block => " ns",
            Snapshot::Mutex => "",
            Snapshot::Tasks | Snapshot::Threads => return None,
        };
        Some(match snapshot.rate()? {
            0 => "off".to_owned(),
            1 => "all".to_owned(),
            rate => format!("1 in {rate}{unit}"),
        })
    }
}

/// The entry of a name; that of Go's goroutines also has the name of what they are here.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    let name = if name == "tasks" { "goroutine" } else { name };
    CATALOGUE.iter().find(|entry| entry.name == name)
}

const fn snapshot(name: &'static str, about: &'static str, snapshot: Snapshot) -> Entry {
    Entry {
        name,
        about,
        texts: match snapshot {
            Snapshot::Tasks => &[1, 2],
            _ => &[1],
        },
        kind: Kind::Snapshot(snapshot),
    }
}

pub(crate) static CATALOGUE: [Entry; 10] = [
    snapshot(
        "allocs",
        "A sampling of all past memory allocations; with seconds=N those of the next N seconds",
        Snapshot::Allocs,
    ),
    snapshot(
        "block",
        "Stack traces that led to blocking on synchronization primitives, blaming who waited. \
         POST with rate=N takes one sample in N nanoseconds of waiting: 1 all, 0 none",
        Snapshot::Block,
    ),
    Entry {
        name: "cmdline",
        about: "The command line invocation of the current program, NUL-separated, secrets masked",
        texts: &[],
        kind: Kind::Own,
    },
    snapshot(
        "goroutine",
        "Stack traces of all current goroutines, which are tasks here (also under the name tasks); \
         debug=2 gives each by itself",
        Snapshot::Tasks,
    ),
    snapshot(
        "heap",
        "A sampling of memory allocations of live objects; with seconds=N the change in the next N seconds",
        Snapshot::Heap,
    ),
    snapshot(
        "mutex",
        "Stack traces of holders of contended mutexes, blaming who let others wait. \
         POST with rate=N samples one in N: 1 all, 0 none",
        Snapshot::Mutex,
    ),
    Entry {
        name: "profile",
        about: "CPU profile. The duration is set by the parameter seconds (1 to 600, default 30), the sampling rate by \
                hz (1 to 1000, default 100). Look at it with go tool pprof or cutaway",
        texts: &[],
        kind: Kind::Cpu,
    },
    Entry {
        name: "symbol",
        about: "Maps given program counters to function names: GET /debug/pprof/symbol?0x1234+0x5678, or POST them",
        texts: &[],
        kind: Kind::Symbol,
    },
    snapshot(
        "threadcreate",
        "Stack traces that led to the creation of new OS threads",
        Snapshot::Threads,
    ),
    Entry {
        name: "trace",
        about: "A trace of execution of the current program",
        texts: &[],
        kind: Kind::Never(
            "Go's execution trace records Go's runtime, which does not run here: /debug/timeline?seconds=N gives what \
             tasks do, for chrome://tracing and ui.perfetto.dev",
        ),
    },
];
