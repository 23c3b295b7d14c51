//! Flame graphs, ready to look at.

use crate::pprof;

/// A link of the human page.
pub(crate) struct Graph {
    pub(crate) title: &'static str,
    pub(crate) href: &'static str,
    profile: &'static str,
}

impl Graph {
    /// Ok, or why it cannot be had here.
    pub(crate) fn available(&self) -> Result<(), &'static str> {
        pprof::find(self.profile).map_or(Ok(()), pprof::Entry::available)
    }
}

/// What the human page offers.
pub(crate) const GRAPHS: [Graph; 6] = [
    Graph {
        title: "CPU, 5 s",
        href: "/debug/flame?profile=cpu&seconds=5",
        profile: "profile",
    },
    Graph {
        title: "Heap in use",
        href: "/debug/flame?profile=heap",
        profile: "heap",
    },
    Graph {
        title: "Allocations, 5 s",
        href: "/debug/flame?profile=allocs&seconds=5",
        profile: "allocs",
    },
    Graph {
        title: "Tasks",
        href: "/debug/flame?profile=tasks",
        profile: "goroutine",
    },
    Graph {
        title: "Who waited",
        href: "/debug/flame?profile=block",
        profile: "block",
    },
    Graph {
        title: "Who let wait",
        href: "/debug/flame?profile=mutex",
        profile: "mutex",
    },
];
