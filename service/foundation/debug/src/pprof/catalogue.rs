//! The profiles that Go's tools ask for: which there are here, and why not the others.

/// A profile under one of Go's names.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    availability: Availability,
}

enum Availability {
    Always,
    WithSampler,
    Never(&'static str),
}

impl Entry {
    /// Ok, or why it cannot be had here.
    pub(crate) fn available(&self) -> Result<(), &'static str> {
        match self.availability {
            Availability::Always => Ok(()),
            Availability::WithSampler => collect::support().cpu,
            Availability::Never(why) => Err(why),
        }
    }
}

pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

pub(crate) static CATALOGUE: [Entry; 10] = [
    Entry {
        name: "allocs",
        about: "A sampling of all past memory allocations",
        availability: Availability::Never("this program does not sample its allocations"),
    },
    Entry {
        name: "block",
        about: "Stack traces that led to blocking on synchronization primitives",
        availability: Availability::Never("this program does not sample where its tasks wait"),
    },
    Entry {
        name: "cmdline",
        about: "The command line invocation of the current program, secrets masked",
        availability: Availability::Always,
    },
    Entry {
        name: "goroutine",
        about: "Stack traces of all current goroutines (here: tasks)",
        availability: Availability::Never(
            "this program does not trace its tasks; the variable \"tasks\" counts them",
        ),
    },
    Entry {
        name: "heap",
        about: "A sampling of memory allocations of live objects",
        availability: Availability::Never("this program does not sample its heap"),
    },
    Entry {
        name: "mutex",
        about: "Stack traces of holders of contended mutexes",
        availability: Availability::Never("this program does not sample who holds its locks"),
    },
    Entry {
        name: "profile",
        about: "CPU profile. The duration is set by the parameter seconds (1 to 60, default 30), the sampling rate by \
                hz (1 to 1000, default 100). Look at it with go tool pprof or cutaway",
        availability: Availability::WithSampler,
    },
    Entry {
        name: "symbol",
        about: "Function names for addresses",
        availability: Availability::Never(
            "profiles come with their names; there is nothing to look up",
        ),
    },
    Entry {
        name: "threadcreate",
        about: "Stack traces that led to the creation of new OS threads",
        availability: Availability::Never("this program does not trace the creation of threads"),
    },
    Entry {
        name: "trace",
        about: "A trace of execution of the current program",
        availability: Availability::Never(
            "Go's execution trace is a record of Go's runtime, which does not run here",
        ),
    },
];
