//! Making a long recording small enough to send and draw.

use std::ops::Range;

use crate::draw::bins::{Bin, bins, edge};
use crate::draw::terminal::maxima;
use crate::{Counter, LaneId, Span, SpanKind, Timeline};

/// A counter keeps this many points; more cannot be seen.
const MOST_POINTS: usize = 2_000;

impl Timeline {
    /// The same recording in at most about `most` spans, for a reader that need not see each one.
    ///
    /// A recording that is small enough stays as it is. Otherwise time is cut into equal slices, and what a lane did in
    /// a slice becomes one span per kind, one after the other, with the number of spans it sums up: the time spent in
    /// each kind stays exact, the order within a slice does not. Arrows are then left out.
    pub fn shrunk(self, most: usize) -> Timeline {
        if self.spans.len() <= most {
            return self;
        }
        let window = 0..self.end().max(1);
        let slices = (most / (self.lanes.len().max(1) * SpanKind::ALL.len())).max(1);
        let lanes = self.lanes.iter().map(|lane| lane.id);
        let spans = lanes
            .flat_map(|lane| lane_spans(&self, lane, &window, slices))
            .collect();
        let counters = self
            .counters
            .iter()
            .map(|counter| thinned(counter, &window))
            .collect();
        Timeline {
            spans,
            counters,
            arrows: Vec::new(),
            ..self
        }
    }
}

fn lane_spans(timeline: &Timeline, lane: LaneId, window: &Range<u64>, slices: usize) -> Vec<Span> {
    let spans = || timeline.spans.iter().filter(|span| span.lane == lane);
    let bins = bins(spans(), window, slices);
    let example = |kind| spans().find(|span| span.kind == kind);
    let examples = SpanKind::ALL.map(example);
    let starts = (0..slices).map(|slice| edge(window, slices, slice));
    bins.iter()
        .zip(starts)
        .flat_map(|(bin, start)| slice_spans(bin, start, &examples))
        .collect()
}

/// One span per kind that the slice has. Labels and resources are those of the lane's first span of that kind.
fn slice_spans(bin: &Bin, start: u64, examples: &[Option<&Span>; 4]) -> Vec<Span> {
    let mut at = start;
    let mut spans = Vec::new();
    for (kind, example) in SpanKind::ALL.into_iter().zip(examples) {
        let (Some(example), time @ 1..) = (example, bin.of(kind)) else {
            continue;
        };
        // Holding happens beside the other kinds.
        let from = if kind == SpanKind::Holding { start } else { at };
        let mut span = Span::new(example.lane, from, from + time, kind, example.label.clone());
        span.resource = example.resource;
        span.count = u32::try_from(bin.started.max(1)).unwrap_or(u32::MAX);
        at = if kind == SpanKind::Holding {
            at
        } else {
            at + time
        };
        spans.push(span);
    }
    spans
}

fn thinned(counter: &Counter, window: &Range<u64>) -> Counter {
    if counter.points.len() <= MOST_POINTS {
        return counter.clone();
    }
    let values = maxima(counter, window, MOST_POINTS);
    let at = |slice| edge(window, MOST_POINTS, slice);
    let points = values
        .into_iter()
        .enumerate()
        .map(|(slice, value)| (at(slice), value))
        .collect();
    Counter {
        points,
        ..counter.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lane, LaneKind};

    fn busy(spans: u64) -> Timeline {
        let mut timeline = Timeline::new();
        timeline
            .lanes
            .push(Lane::new(LaneId(0), "a", LaneKind::Task));
        timeline
            .lanes
            .push(Lane::new(LaneId(1), "b", LaneKind::Task));
        for index in 0..spans {
            let (start, kind) = (
                index * 10,
                [SpanKind::Running, SpanKind::Waiting][index as usize % 2],
            );
            timeline
                .spans
                .push(Span::new(LaneId(0), start, start + 7, kind, "send"));
        }
        let points = (0..spans)
            .map(|index| (index * 10, (index % 3) as f64))
            .collect();
        timeline.counters.push(Counter {
            name: "depth".to_owned(),
            lane: None,
            limit: None,
            points,
        });
        timeline
    }

    fn time(timeline: &Timeline, kind: SpanKind) -> u64 {
        timeline
            .spans
            .iter()
            .filter(|span| span.kind == kind)
            .map(Span::duration)
            .sum()
    }

    #[test]
    fn a_small_recording_stays_as_it_is() {
        assert_eq!(busy(100).shrunk(100), busy(100));
    }

    #[test]
    fn a_large_one_keeps_its_times() {
        let (full, small) = (busy(100_000), busy(100_000).shrunk(1_000));
        assert!(small.spans.len() <= 1_000, "{} spans", small.spans.len());
        assert_eq!(small.check(), Ok(()));
        for kind in SpanKind::ALL {
            assert_eq!(time(&small, kind), time(&full, kind), "{}", kind.name());
        }
        assert_eq!(small.counters[0].points.len(), MOST_POINTS);
        assert!(small.end() <= full.end());
    }
}
