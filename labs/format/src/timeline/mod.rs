//! The timeline: what each lane did, and who let whom go on.

mod parts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

pub use self::parts::{
    Arrow, Counter, Lane, LaneId, LaneKind, Mark, STEP, Span, SpanKind, TimeUnit,
};

/// The version of the format that this crate writes.
pub const TIMELINE_VERSION: u32 = 1;

/// A recording of what tasks did.
///
#[doc = include_str!("../../timeline-format.md")]
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

    /// Whether there is nothing to draw in it.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.counters.is_empty() && self.marks.is_empty()
    }

    /// Reads the document of a timeline that came from elsewhere, and checks it.
    ///
    /// # Errors
    /// A version that this crate does not read, whatever else is in the document; no document of a timeline; or what
    /// [`check`](Self::check) finds.
    pub fn read(json: &[u8]) -> Result<Timeline, TimelineError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let document = |error: serde_json::Error| TimelineError::Document(error.to_string());
        let Versioned { version } = serde_json::from_slice(json).map_err(document)?;
        if version != TIMELINE_VERSION {
            return Err(TimelineError::Version(version));
        }
        let timeline: Timeline = serde_json::from_slice(json).map_err(document)?;
        timeline.check()?;
        Ok(timeline)
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
        let lanes = self.lanes.iter();
        let lanes: HashSet<LaneId> = lanes
            .filter(|lane| lane.name.starts_with(name))
            .map(|lane| lane.id)
            .collect();
        let named = |span: &&Span| lanes.contains(&span.lane);
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

/// What is wrong with a timeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// A version of the format that this crate does not read.
    #[error("{}", other_version(*.0))]
    Version(u32),
    /// No JSON document, or not one of a timeline.
    #[error("it is no timeline: {0}")]
    Document(String),
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

/// What a document of another version is, and what to do with it.
fn other_version(version: u32) -> String {
    let cure = if version < TIMELINE_VERSION {
        "make it again with the lab of today"
    } else {
        "read it with the program that it was made with, or a newer one"
    };
    format!(
        "it is a timeline of version {version}, and this program reads version {TIMELINE_VERSION}: {cure}"
    )
}
