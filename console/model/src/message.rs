//! What flows between scraping and drawing.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use expvar::read::{Kind, Path, Scalar};
use profile::Profile;

use crate::{Cause, RingNews, RingPace};

/// A moment: monotonic time since the console started.
pub type At = Duration;

/// One reading of a target's variables, sorted by path.
pub type Values = Arc<Vec<(Path, Scalar)>>;

/// What scraping tells the rest of the console.
///
/// A target is healthy while its newest message about each [`Source`] is a [`Message::Sample`].
#[derive(Clone, Debug)]
pub enum Message {
    /// The targets being watched, in the order given; sent first, and again whenever they change: pods come and go. One
    /// that is not in the list any more is watched no longer.
    Targets(Vec<TargetInfo>),
    /// What a target turned out to serve; sent after every probe that found something.
    Endpoints {
        /// Whose endpoints.
        target: TargetId,
        /// When the answers were in.
        at: At,
        /// What answered.
        endpoints: Endpoints,
    },
    /// One complete reading of one source.
    Sample {
        /// Whose variables.
        target: TargetId,
        /// When the answer was in.
        at: At,
        /// From sending the request to the last byte of the answer.
        took: Duration,
        /// What was read.
        source: Source,
        /// Every variable, sorted by path. Empty for [`Source::Pprof`].
        values: Values,
        /// Kinds the source itself declares (Prometheus' `# TYPE`); they outrank guesses by name.
        kinds: Arc<HashMap<Path, Kind>>,
        /// How many lines of the answer could not be read (Prometheus text).
        warnings: usize,
    },
    /// A reading failed; or there is nothing to read, [yet](Cause::Starting) or [any more](Cause::Gone).
    Failed {
        /// Whose reading.
        target: TargetId,
        /// When it failed.
        at: At,
        /// `None`: the target as a whole. `Some`: only this source, while another one of the target answered; samples of
        /// the other source do not clear it, a sample of this one does.
        source: Option<Source>,
        /// Why.
        cause: Cause,
        /// Failures in a row, this one included.
        failures: u32,
        /// Time until the next attempt.
        retry_in: Duration,
    },
    /// The target is another process than before. Sent before the first sample of the new one: put a
    /// [`reset`](crate::Series::reset) into its series.
    Restarted {
        /// Who.
        target: TargetId,
        /// When it was noticed.
        at: At,
        /// The evidence, for people: `uptime fell from 1 h 2 min to 3 s`.
        why: String,
    },
    /// A capture was asked for and is under way.
    ProfileStarted {
        /// Whose profile.
        target: TargetId,
        /// When it was asked for.
        at: At,
        /// Which profile.
        kind: ProfileKind,
        /// How long the capture takes; 0 for snapshots.
        seconds: u32,
    },
    /// A profile arrived, complete and decoded.
    Profile {
        /// Whose profile.
        target: TargetId,
        /// When it was in.
        at: At,
        /// Which profile.
        kind: ProfileKind,
        /// The profile.
        profile: Arc<Profile>,
    },
    /// A profile could not be had. While it is watched, it is tried again.
    ProfileFailed {
        /// Whose profile.
        target: TargetId,
        /// When it failed.
        at: At,
        /// Which profile.
        kind: ProfileKind,
        /// Why.
        cause: Cause,
    },
    /// Something happened to the ring of a target's CPU profiles.
    Ring {
        /// Whose profiles.
        target: TargetId,
        /// When it happened.
        at: At,
        /// What.
        news: RingNews,
    },
}

/// Profiles on their way to a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The file.
    pub path: String,
    /// What is added up.
    pub now: Vec<Arc<Profile>>,
    /// What is taken away; empty where nothing is compared.
    pub base: Vec<Arc<Profile>>,
    /// The kind of value shown; none for the default one.
    pub sample_type: Option<String>,
}

/// What the console's user asks for: of scraping, and of whoever joins it to the terminal.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Capture this profile again and again until told to stop.
    WatchProfile {
        /// Of which target.
        target: TargetId,
        /// Which profile.
        kind: ProfileKind,
        /// Length of one capture; for kinds that are snapshots, the time between two.
        seconds: u32,
    },
    /// Stop watching; a capture under way is dropped, and with it its connection.
    StopProfile {
        /// Of which target.
        target: TargetId,
        /// Which profile.
        kind: ProfileKind,
    },
    /// Fetch this profile once. A CPU profile takes `seconds`; snapshots ignore it.
    FetchProfile {
        /// Of which target.
        target: TargetId,
        /// Which profile.
        kind: ProfileKind,
        /// Length of the capture.
        seconds: u32,
    },
    /// Keep a ring of this target's CPU profiles: one after the other, each given up as soon as anybody else takes one.
    KeepRing {
        /// Of which target.
        target: TargetId,
        /// How they are taken.
        pace: RingPace,
    },
    /// Keep no ring any longer; a capture under way is dropped.
    StopRing(TargetId),
    /// Read this target now, without waiting for its turn or its backoff.
    PollNow(TargetId),
    /// Put this text into the clipboard.
    Copy(String),
    /// Watch a recording so many seconds later, or earlier.
    Seek(i64),
    /// Watch a recording twice as fast, or half as fast.
    Speed {
        /// Whether faster.
        faster: bool,
    },
    /// Go on with a recording, or stand still.
    Play,
    /// Write profiles that are shown to a file. Its name tells the form: `.svg` a flame graph, `.folded` or `.txt` folded
    /// stacks, anything else the format of pprof.
    Export(Export),
    /// Read a profile from a file, to compare with.
    ReadBase(String),
    /// Read a file of source code.
    ReadSource(Arc<str>),
    /// Give the terminal back and stop, until the shell goes on with the program.
    Suspend,
    /// End the program.
    Quit,
}

/// A target's number, unique within one run of the console.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(pub u32);

/// A target, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetInfo {
    /// Its number.
    pub id: TargetId,
    /// Short name for lists: `127.0.0.1:4000`. Secrets are masked.
    pub name: String,
    /// The address that is read. Secrets are masked.
    pub url: String,
    /// The pod that it is, if it is one.
    pub pod: Option<Arc<Pod>>,
}

/// A pod in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The node it runs on; empty until it has one.
    pub node: String,
    /// How often its containers were started again.
    pub restarts: u32,
    /// What its label or its image says about its version; what the service itself says counts more.
    pub version: String,
}

/// Where a sample comes from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A JSON object in the manner of Go's expvar.
    Expvar,
    /// Prometheus or OpenMetrics text.
    Prometheus,
    /// Only profiles: the index answers, there are no variables.
    Pprof,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expvar => "expvar",
            Self::Prometheus => "prometheus",
            Self::Pprof => "pprof",
        })
    }
}

/// What a target serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Sources of variables that answered, sorted. [`Source::Pprof`] stands here only when there is no other.
    pub sources: Vec<Source>,
    /// Profiles listed on the pprof index page.
    pub profiles: Vec<ProfileKind>,
}

/// The profiles of Go's `net/http/pprof`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProfileKind {
    /// CPU time, sampled over a number of seconds.
    Cpu,
    /// Memory in use and allocated.
    Heap,
    /// The heap profile, showing what was allocated since the start.
    Allocs,
    /// Stacks of all goroutines or tasks.
    Goroutine,
    /// Where execution waited.
    Block,
    /// Who held contended locks.
    Mutex,
    /// What led to new threads.
    ThreadCreate,
}

impl ProfileKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Cpu,
        Self::Heap,
        Self::Allocs,
        Self::Goroutine,
        Self::Block,
        Self::Mutex,
        Self::ThreadCreate,
    ];

    /// The last segment of its path: `/debug/pprof/<name>`.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::Cpu => "profile",
            Self::Heap => "heap",
            Self::Allocs => "allocs",
            Self::Goroutine => "goroutine",
            Self::Block => "block",
            Self::Mutex => "mutex",
            Self::ThreadCreate => "threadcreate",
        }
    }

    /// The kind served under this last segment of a path.
    pub fn from_endpoint(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.endpoint() == name)
    }
}

impl fmt::Display for ProfileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "CPU",
            other => other.endpoint(),
        })
    }
}
