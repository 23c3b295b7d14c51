//! What a timeline is made of.

use serde::{Deserialize, Serialize};

use crate::units;

/// The unit of a timeline's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeUnit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Thousandths of a step of a schedule: there is an order, and no duration.
    #[serde(rename = "steps")]
    Steps,
}

/// One step of a schedule, in the unit of [`TimeUnit::Steps`]: fine enough for any drawing.
pub const STEP: u64 = 1_000;

impl TimeUnit {
    /// Its name in the format.
    pub fn name(self) -> &'static str {
        match self {
            TimeUnit::Nanoseconds => "ns",
            TimeUnit::Steps => "steps",
        }
    }

    /// How long: `1.2 ms`, `3 steps`.
    pub fn long(self, length: u64) -> String {
        match self {
            TimeUnit::Nanoseconds => units::nanos(length),
            TimeUnit::Steps if length == STEP => "1 step".to_owned(),
            TimeUnit::Steps => format!("{} steps", units::digits(length as f64 / STEP as f64)),
        }
    }

    /// When: `1.2 ms`, `step 3`.
    pub fn moment(self, at: u64) -> String {
        match self {
            TimeUnit::Nanoseconds => units::nanos(at),
            TimeUnit::Steps => format!("step {}", units::count(at / STEP)),
        }
    }
}

/// Names a lane within one timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaneId(pub u32);

/// Someone who does something, or something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Its id, unique in the timeline.
    pub id: LaneId,
    /// Its name, for people.
    pub name: String,
    /// What it is.
    pub kind: LaneKind,
    /// How many lanes it stands for: 1, or more where a long recording was made small. Its spans are then their mean.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
}

impl Lane {
    /// A lane.
    pub fn new(id: LaneId, name: impl Into<String>, kind: LaneKind) -> Self {
        Self {
            id,
            name: name.into(),
            kind,
            count: 1,
        }
    }
}

/// What a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneKind {
    /// An asynchronous task.
    Task,
    /// A thread of the operating system.
    Thread,
    /// A worker of the runtime.
    Worker,
    /// A channel, lock, semaphore: something that is waited for.
    Resource,
}

/// What a lane did for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Whose it is.
    pub lane: LaneId,
    /// When it began.
    pub start_ns: u64,
    /// When it ended; not before it began.
    pub end_ns: u64,
    /// What kind of doing it is.
    pub kind: SpanKind,
    /// What it did, as a verb that fits after "waits to": `send`, `receive`, `lock`.
    pub label: String,
    /// What it waited for or held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<LaneId>,
    /// Who let it go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<LaneId>,
    /// How many recorded spans this one sums up.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
}

impl Span {
    /// A span that waits for nothing in particular.
    pub fn new(
        lane: LaneId,
        start_ns: u64,
        end_ns: u64,
        kind: SpanKind,
        label: impl Into<String>,
    ) -> Self {
        let label = label.into();
        Self {
            lane,
            start_ns,
            end_ns,
            kind,
            label,
            resource: None,
            by: None,
            count: 1,
        }
    }

    /// Says what it waited for or held.
    pub fn on(mut self, resource: LaneId) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Says who let it go on.
    pub fn let_go_by(mut self, lane: LaneId) -> Self {
        self.by = Some(lane);
        self
    }

    /// How long it took, in nanoseconds.
    pub fn duration(&self) -> u64 {
        self.end_ns.saturating_sub(self.start_ns)
    }
}

/// What kind of doing a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// Running, or ready to run: waiting for nobody.
    Running,
    /// Suspended until somebody else does something; its thread does other work meanwhile.
    Waiting,
    /// Stuck together with its thread.
    Blocked,
    /// Holding a lock or permit.
    Holding,
}

impl SpanKind {
    /// Every kind, in the order of the legend.
    pub const ALL: [SpanKind; 4] = [
        SpanKind::Running,
        SpanKind::Waiting,
        SpanKind::Blocked,
        SpanKind::Holding,
    ];

    /// Its name in the format and in legends.
    pub fn name(self) -> &'static str {
        match self {
            SpanKind::Running => "running",
            SpanKind::Waiting => "waiting",
            SpanKind::Blocked => "blocked",
            SpanKind::Holding => "holding",
        }
    }
}

/// Something that went from one lane to another: a value, a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrow {
    /// Who gave.
    pub from_lane: LaneId,
    /// Who received.
    pub to_lane: LaneId,
    /// When it left, if that was before it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_ns: Option<u64>,
    /// When it arrived.
    pub at_ns: u64,
    /// What it was.
    pub label: String,
}

/// A moment worth naming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The lane it belongs to; without one it belongs to the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<LaneId>,
    /// When.
    pub at_ns: u64,
    /// What happened.
    pub label: String,
}

/// A number over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    /// What is counted.
    pub name: String,
    /// The lane it belongs to, most often a resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<LaneId>,
    /// What it cannot exceed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// When it took which value, in order of time; each value holds until the next point.
    pub points: Vec<(u64, f64)>,
}

fn one() -> u32 {
    1
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(value: &u32) -> bool {
    *value == 1
}
