//! The timeline: what each lane did, and who let whom go on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::units;

/// The version of the format that this crate writes.
pub const TIMELINE_VERSION: u32 = 1;

/// A recording of what tasks did.
///
/// # The format, version 1
///
/// One JSON object. All times are whole nanoseconds since the recording began; in a schedule of an
/// exercise, which has no time but an order, they are thousandths of a step.
///
/// | field | meaning |
/// |---|---|
/// | `version` | 1; a reader refuses a version it does not know |
/// | `unit` | `"ns"`, or `"steps"` for a schedule |
/// | `end_ns` | when the recording ended |
/// | `lanes` | `{id, name, kind}`; `kind`: `task`, `thread`, `worker`, `resource` |
/// | `spans` | `{lane, start_ns, end_ns, kind, label, resource?, by?, count?}`; `kind`: `running`, `waiting`, `blocked`, `holding`. `resource` is the lane of what is waited for or held, `by` the lane that let it go on. `count`, if above 1, says how many recorded spans this one sums up |
/// | `arrows` | `{from_lane, to_lane, left_ns?, at_ns, label}`: something went from one lane to another; it left at `left_ns`, at once without it, and arrived at `at_ns` |
/// | `marks` | `{lane?, at_ns, label}`: a moment worth naming |
/// | `counters` | `{name, lane?, limit?, points}`; `points`: `[at_ns, value]`, each value holding until the next point; `limit`: what it cannot exceed |
/// | `dropped` | how many events the recorder could not keep; 0 is left out |
///
/// The spans of one lane do not overlap unless one of them is `holding`. A lane without a span at
/// some moment did not exist then, or, in a schedule, another one went first. Fields that a reader does not know are to be ignored; a change
/// that breaks a reader raises `version`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// The format's version: [`TIMELINE_VERSION`].
    pub version: u32,
    /// The unit of every time.
    pub unit: TimeUnit,
    /// When the recording ended.
    pub end_ns: u64,
    /// Who did something, in the order in which they are drawn.
    pub lanes: Vec<Lane>,
    /// What they did.
    pub spans: Vec<Span>,
    /// What went from one to another.
    #[serde(default)]
    pub arrows: Vec<Arrow>,
    /// Moments worth naming.
    #[serde(default)]
    pub marks: Vec<Mark>,
    /// Numbers over time.
    #[serde(default)]
    pub counters: Vec<Counter>,
    /// How many events the recorder could not keep.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Timeline {
    /// A timeline of nothing.
    pub fn new() -> Self {
        Self {
            version: TIMELINE_VERSION,
            unit: TimeUnit::Nanoseconds,
            end_ns: 0,
            lanes: Vec::new(),
            spans: Vec::new(),
            arrows: Vec::new(),
            marks: Vec::new(),
            counters: Vec::new(),
            dropped: 0,
        }
    }

    /// The lane of that id.
    pub fn lane(&self, id: LaneId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.id == id)
    }

    /// When the last thing happened: `end_ns`, or later if a span, arrow, mark or point lies beyond it.
    pub fn end(&self) -> u64 {
        let spans = self.spans.iter().map(|span| span.end_ns);
        let arrows = self.arrows.iter().map(|arrow| arrow.at_ns);
        let marks = self.marks.iter().map(|mark| mark.at_ns);
        let points = self
            .counters
            .iter()
            .filter_map(|counter| Some(counter.points.last()?.0));
        spans
            .chain(arrows)
            .chain(marks)
            .chain(points)
            .fold(self.end_ns, u64::max)
    }

    /// How much of their time the lanes whose names begin with `name` spent waiting, from 0 to 1; 0 if there are none.
    pub fn waiting(&self, name: &str) -> f64 {
        let named = |span: &&Span| {
            self.lane(span.lane)
                .is_some_and(|lane| lane.name.starts_with(name))
        };
        let (mut waiting, mut all) = (0, 0);
        for span in self.spans.iter().filter(named) {
            match span.kind {
                SpanKind::Holding => continue,
                SpanKind::Waiting => waiting += span.duration(),
                SpanKind::Running | SpanKind::Blocked => {}
            }
            all += span.duration();
        }
        if all == 0 {
            return 0.0;
        }
        waiting as f64 / all as f64
    }

    /// The highest value of any counter; 0 if there is none.
    pub fn highest(&self) -> f64 {
        let points = self.counters.iter().flat_map(|counter| &counter.points);
        points.map(|point| point.1).fold(0.0, f64::max)
    }

    /// Checks what the types cannot: do this with a timeline that came from elsewhere.
    ///
    /// # Errors
    /// An unknown version, a lane declared twice, a reference to a lane that is not there, a span
    /// that ends before it starts, a counter that goes back in time or is not a number.
    pub fn check(&self) -> Result<(), TimelineError> {
        if self.version != TIMELINE_VERSION {
            return Err(TimelineError::Version(self.version));
        }
        let mut known = BTreeSet::new();
        for lane in &self.lanes {
            if !known.insert(lane.id) {
                return Err(TimelineError::LaneTwice(lane.id));
            }
        }
        self.check_references(&known)?;
        self.check_order()
    }

    fn check_references(&self, known: &BTreeSet<LaneId>) -> Result<(), TimelineError> {
        let spans = self
            .spans
            .iter()
            .flat_map(|s| [Some(s.lane), s.resource, s.by]);
        let arrows = self
            .arrows
            .iter()
            .flat_map(|a| [Some(a.from_lane), Some(a.to_lane)]);
        let marks = self.marks.iter().map(|mark| mark.lane);
        let counters = self.counters.iter().map(|counter| counter.lane);
        let mut all = spans.chain(arrows).chain(marks).chain(counters).flatten();
        match all.find(|lane| !known.contains(lane)) {
            Some(lane) => Err(TimelineError::NoSuchLane(lane)),
            None => Ok(()),
        }
    }

    fn check_order(&self) -> Result<(), TimelineError> {
        if let Some(span) = self.spans.iter().find(|span| span.end_ns < span.start_ns) {
            return Err(TimelineError::Backwards {
                lane: span.lane,
                start_ns: span.start_ns,
            });
        }
        for counter in &self.counters {
            let orderly = counter.points.is_sorted_by_key(|point| point.0);
            if !orderly || counter.points.iter().any(|point| !point.1.is_finite()) {
                return Err(TimelineError::Counter(counter.name.clone()));
            }
        }
        Ok(())
    }
}

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
}

impl Lane {
    /// A lane.
    pub fn new(id: LaneId, name: impl Into<String>, kind: LaneKind) -> Self {
        Self {
            id,
            name: name.into(),
            kind,
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

/// What is wrong with a timeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// A version of the format that this crate does not read.
    #[error("timeline version {0} is not supported: this program reads version {TIMELINE_VERSION}")]
    Version(u32),
    /// Two lanes share one id.
    #[error("lane {} is declared twice", .0.0)]
    LaneTwice(LaneId),
    /// Something refers to a lane that is not declared.
    #[error("lane {} is used but not declared", .0.0)]
    NoSuchLane(LaneId),
    /// A span ends before it starts.
    #[error("a span of lane {} that starts at {start_ns} ns ends before it starts", .lane.0)]
    Backwards {
        /// The span's lane.
        lane: LaneId,
        /// When it starts.
        start_ns: u64,
    },
    /// A counter's points are not in order of time, or not finite.
    #[error("the points of counter {0:?} are not in order of time, or not numbers")]
    Counter(String),
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(value: &u64) -> bool {
    *value == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> Timeline {
        let mut timeline = Timeline::new();
        timeline
            .lanes
            .push(Lane::new(LaneId(1), "producer 1", LaneKind::Task));
        timeline
            .lanes
            .push(Lane::new(LaneId(2), "consumer 1", LaneKind::Task));
        timeline
            .lanes
            .push(Lane::new(LaneId(3), "orders", LaneKind::Resource));
        timeline.spans.push(
            Span::new(LaneId(1), 5, 40, SpanKind::Waiting, "send")
                .on(LaneId(3))
                .let_go_by(LaneId(2)),
        );
        timeline.counters.push(Counter {
            name: "orders".to_owned(),
            lane: Some(LaneId(3)),
            limit: Some(1.0),
            points: vec![(0, 0.0), (7, 1.0)],
        });
        timeline
    }

    #[test]
    fn the_document_is_the_documented_one() {
        let expected = r#"{"version":1,"unit":"ns","end_ns":0,"lanes":[{"id":1,"name":"producer 1","kind":"task"},{"id":2,"name":"consumer 1","kind":"task"},{"id":3,"name":"orders","kind":"resource"}],"spans":[{"lane":1,"start_ns":5,"end_ns":40,"kind":"waiting","label":"send","resource":3,"by":2}],"arrows":[],"marks":[],"counters":[{"name":"orders","lane":3,"limit":1.0,"points":[[0,0.0],[7,1.0]]}]}"#;
        assert_eq!(
            serde_json::to_string(&timeline()).expect("serializes"),
            expected
        );
        let read: Timeline = serde_json::from_str(expected).expect("parses");
        assert_eq!(read, timeline());
        assert_eq!(read.check(), Ok(()));
        assert_eq!(read.end(), 40);
    }

    #[test]
    fn what_the_types_cannot_say_is_checked() {
        let broken = |change: fn(&mut Timeline)| {
            let mut timeline = timeline();
            change(&mut timeline);
            timeline.check().expect_err("refused")
        };
        assert_eq!(broken(|t| t.version = 9), TimelineError::Version(9));
        assert_eq!(
            broken(|t| t.lanes[1].id = LaneId(1)),
            TimelineError::LaneTwice(LaneId(1))
        );
        assert_eq!(
            broken(|t| t.spans[0].by = Some(LaneId(7))),
            TimelineError::NoSuchLane(LaneId(7))
        );
        assert_eq!(
            broken(|t| t.spans[0].end_ns = 1),
            TimelineError::Backwards {
                lane: LaneId(1),
                start_ns: 5
            }
        );
        assert_eq!(
            broken(|t| t.counters[0].points.swap(0, 1)),
            TimelineError::Counter("orders".to_owned())
        );
        assert_eq!(
            broken(|t| t.counters[0].points[1].1 = f64::NAN),
            TimelineError::Counter("orders".to_owned())
        );
    }

    #[test]
    fn waiting_is_a_share_of_life() {
        let mut timeline = timeline();
        let mut add = |lane, start, end, kind| {
            timeline
                .spans
                .push(Span::new(LaneId(lane), start, end, kind, ""));
        };
        add(1, 40, 105, SpanKind::Running);
        add(1, 40, 90, SpanKind::Holding);
        add(2, 0, 10, SpanKind::Running);
        assert!((timeline.waiting("producer") - 0.35).abs() < 1e-9);
        assert!(timeline.waiting("consumer").abs() < 1e-9);
        assert!(timeline.waiting("nobody").abs() < 1e-9);
        assert!((timeline.highest() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn kinds_are_named_as_in_the_format() {
        for kind in SpanKind::ALL {
            let json = serde_json::to_string(&kind).expect("serializes");
            assert_eq!(json, format!("\"{}\"", kind.name()));
        }
    }
}
