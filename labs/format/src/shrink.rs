//! Making a long recording small enough to send and draw.

use std::collections::HashMap;
use std::ops::Range;

use crate::draw::bins::{Bin, bins, edge, slice_of};
use crate::draw::terminal::maxima;
use crate::units;
use crate::{Counter, Lane, LaneId, LaneKind, Mark, Span, SpanKind, Timeline};

/// A counter keeps this many points; more cannot be seen.
const MOST_POINTS: usize = 2_000;
/// So many moments are told apart; of those that fall together, one is named.
const MOST_MARKS: usize = 1_000;
/// So many lanes are kept, of those that do something and of those that are waited for; the others share one.
const MOST_LANES: usize = 200;
/// So many counters are kept; the others are added up.
const MOST_COUNTERS: usize = 64;

impl Timeline {
    /// The same recording in at most about `most` spans, for a reader that need not see each one.
    ///
    /// A recording that is small enough stays as it is. Otherwise time is cut into equal slices, and what a lane did in
    /// a slice becomes one span per kind, one after the other, with the number of spans it sums up: the time spent in
    /// each kind stays exact, the order within a slice does not. Arrows are then left out. Lanes beyond the first 200
    /// share one, whose spans are their mean; marks that fall together and points that cannot be told apart are thinned.
    pub fn shrunk(self, most: usize) -> Timeline {
        let window = 0..self.end().max(1);
        let gathered = gathered(self);
        let counters = few(gathered.counters)
            .iter()
            .map(|counter| thinned(counter, &window))
            .collect();
        let timeline = Timeline {
            marks: apart(gathered.marks, &window),
            counters,
            ..gathered
        };
        if timeline.spans.len() <= most && timeline.lanes.iter().all(|lane| lane.count == 1) {
            return timeline;
        }
        summed_up(timeline, most, &window)
    }
}

/// Lanes beyond the first ones share one.
fn gathered(timeline: Timeline) -> Timeline {
    let mut kept: Vec<Lane> = Vec::new();
    let mut moved: HashMap<LaneId, LaneId> = HashMap::new();
    for resources in [false, true] {
        let lanes = timeline.lanes.iter();
        let alike: Vec<&Lane> = lanes
            .filter(|lane| (lane.kind == LaneKind::Resource) == resources)
            .collect();
        let alone = if alike.len() > MOST_LANES {
            MOST_LANES - 1
        } else {
            alike.len()
        };
        kept.extend(alike[..alone].iter().copied().cloned());
        if let [first, ..] = alike[alone..] {
            let count = alike[alone..].iter().map(|lane| lane.count).sum();
            moved.extend(alike[alone..].iter().map(|lane| (lane.id, first.id)));
            let name = format!("{} more", units::count(u64::from(count)));
            kept.push(Lane {
                count,
                ..Lane::new(first.id, name, first.kind)
            });
        }
    }
    if moved.is_empty() {
        return timeline;
    }
    let alone = |lane: &LaneId| !moved.contains_key(lane);
    let mut timeline = Timeline {
        lanes: kept,
        ..timeline
    };
    for span in &mut timeline.spans {
        span.lane = moved.get(&span.lane).copied().unwrap_or(span.lane);
        span.by = span.by.filter(alone);
        span.resource = span.resource.filter(alone);
    }
    let arrows = &mut timeline.arrows;
    arrows.retain(|arrow| alone(&arrow.from_lane) && alone(&arrow.to_lane));
    for mark in &mut timeline.marks {
        mark.lane = mark.lane.filter(alone);
    }
    for counter in &mut timeline.counters {
        counter.lane = counter.lane.filter(alone);
    }
    timeline
}

fn summed_up(timeline: Timeline, most: usize, window: &Range<u64>) -> Timeline {
    let slices = (most / (timeline.lanes.len().max(1) * SpanKind::ALL.len())).max(1);
    let crowded = timeline.spans.len() > most;
    let mut of_lanes: HashMap<LaneId, Vec<Span>> = HashMap::new();
    for span in timeline.spans {
        of_lanes.entry(span.lane).or_default().push(span);
    }
    let mut spans = Vec::new();
    for lane in &timeline.lanes {
        match of_lanes.remove(&lane.id) {
            Some(all) if crowded || lane.count > 1 => {
                spans.extend(lane_spans(&all, lane.count, window, slices));
            }
            Some(all) => spans.extend(all),
            None => {}
        }
    }
    spans.sort_by_key(|span| (span.start_ns, span.lane));
    Timeline {
        spans,
        arrows: if crowded { Vec::new() } else { timeline.arrows },
        ..timeline
    }
}

fn lane_spans(all: &[Span], lanes: u32, window: &Range<u64>, slices: usize) -> Vec<Span> {
    let mut bins = bins(all, window, slices);
    for time in bins.iter_mut().flat_map(|bin| &mut bin.time) {
        *time = time.div_ceil(u64::from(lanes.max(1)));
    }
    let example = |kind| all.iter().find(|span| span.kind == kind);
    let examples = SpanKind::ALL.map(example);
    let edges =
        (0..slices).map(|slice| (edge(window, slices, slice), edge(window, slices, slice + 1)));
    bins.iter()
        .zip(edges)
        .flat_map(|(bin, (start, end))| slice_spans(bin, start..end, &examples))
        .collect()
}

/// One span per kind that the slice has. Labels and resources are those of the lane's first span of that kind.
fn slice_spans(bin: &Bin, slice: Range<u64>, examples: &[Option<&Span>; 4]) -> Vec<Span> {
    let mut at = slice.start;
    let mut spans = Vec::new();
    for (kind, example) in SpanKind::ALL.into_iter().zip(examples) {
        let (Some(example), time @ 1..) = (example, bin.of(kind)) else {
            continue;
        };
        // Holding happens beside the other kinds, and several things may be held at once.
        let from = if kind == SpanKind::Holding {
            slice.start
        } else {
            at
        };
        let until = (from + time).min(slice.end);
        let mut span = Span::new(example.lane, from, until, kind, example.label.clone());
        span.resource = example.resource;
        span.count = u32::try_from(bin.started.max(1)).unwrap_or(u32::MAX);
        if kind != SpanKind::Holding {
            at = until;
        }
        spans.push(span);
    }
    spans
}

/// Of the marks that fall together, one per lane, which says how many there are.
fn apart(marks: Vec<Mark>, window: &Range<u64>) -> Vec<Mark> {
    if marks.len() <= MOST_MARKS {
        return marks;
    }
    let mut kept: Vec<(Mark, usize)> = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    for mark in marks {
        let slice = slice_of(window, MOST_MARKS, mark.at_ns);
        if let Some(place) = places.get(&slice) {
            kept[*place].1 += 1;
        } else {
            places.insert(slice, kept.len());
            kept.push((mark, 0));
        }
    }
    let named = |(mark, more): (Mark, usize)| match more {
        0 => mark,
        _ => Mark {
            label: format!("{} and {} more", mark.label, units::count(more as u64)),
            ..mark
        },
    };
    kept.into_iter().map(named).collect()
}

/// The first counters, and one that adds up the others.
fn few(mut counters: Vec<Counter>) -> Vec<Counter> {
    if counters.len() <= MOST_COUNTERS {
        return counters;
    }
    let rest = counters.split_off(MOST_COUNTERS - 1);
    let mut changes: Vec<(u64, f64)> = Vec::new();
    for counter in &rest {
        let mut before = 0.0;
        for (at, value) in &counter.points {
            changes.push((*at, value - before));
            before = *value;
        }
    }
    changes.sort_by_key(|change| change.0);
    let mut sum = 0.0;
    let mut points: Vec<(u64, f64)> = Vec::new();
    for (at, change) in changes {
        sum += change;
        match points.last_mut() {
            Some(last) if last.0 == at => last.1 = sum,
            _ => points.push((at, sum)),
        }
    }
    counters.push(Counter {
        name: format!("{} more, added up", units::count(rest.len() as u64)),
        lane: None,
        limit: None,
        points,
    });
    counters
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

    #[test]
    fn a_hundred_thousand_lanes_become_few() {
        let mut full = Timeline::new();
        for id in 0..100_000 {
            let lane = Lane::new(LaneId(id), format!("task {id}"), LaneKind::Task);
            full.lanes.push(lane);
            let start = u64::from(id) * 10;
            full.spans.push(
                Span::new(LaneId(id), start, start + 1_000, SpanKind::Running, "")
                    .let_go_by(LaneId(id)),
            );
            full.marks.push(Mark {
                lane: Some(LaneId(id)),
                at_ns: start,
                label: "started".to_owned(),
            });
            full.counters.push(Counter {
                name: format!("queue {id}"),
                lane: None,
                limit: None,
                points: vec![(0, 1.0), (start + 1, 0.0)],
            });
        }
        let small = full.shrunk(10_000);
        assert_eq!(small.check(), Ok(()));
        assert_eq!(small.lanes.len(), MOST_LANES);
        let rest = small.lanes.last().expect("lanes");
        assert_eq!((rest.name.as_str(), rest.count), ("99,801 more", 99_801));
        assert!(small.spans.len() <= 10_000 && small.marks.len() <= MOST_MARKS);
        assert!(
            small.marks[5].label.ends_with(" and 99 more"),
            "{:?}",
            small.marks[5]
        );
        let sum = small.counters.last().expect("counters");
        let left = (100_000 - (MOST_COUNTERS - 1)) as f64;
        assert_eq!(sum.points.first(), Some(&(0, left)));
        assert!(sum.points.last().expect("points").1.abs() < f64::EPSILON);
        let mut ends: HashMap<LaneId, u64> = HashMap::new();
        for span in &small.spans {
            let end = ends.insert(span.lane, span.end_ns).unwrap_or(0);
            assert!(
                span.start_ns >= end,
                "spans of a lane do not overlap: {span:?}"
            );
        }
    }
}
