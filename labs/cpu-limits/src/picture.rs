//! The picture: who ran when, and when the group stood still.

use lab_format::{Counter, Lane, LaneId, LaneKind, Mark, Span, SpanKind, Timeline};

use crate::job::{Interval, Job, Seen};

/// What is drawn: this many periods after the warm-up.
const PERIODS: u64 = 5;
/// A gap of less, in µs, is the machine's noise.
const NOISE: u64 = 1_000;

/// Some periods of what was seen.
pub(crate) fn timeline(job: &Job, seen: &Seen) -> Timeline {
    let still = seen.still();
    let window = window(job, &still);
    let mut timeline = Timeline {
        end_ns: nanos(window.length()),
        ..Timeline::new()
    };
    let group = LaneId(0);
    timeline
        .lanes
        .push(Lane::new(group, "the group", LaneKind::Resource));
    for gap in cut(&still, window) {
        timeline.spans.push(Span::new(
            group,
            gap.0,
            gap.1,
            SpanKind::Blocked,
            "get its next quota",
        ));
    }
    for (number, worker) in (1..).zip(&seen.workers) {
        let lane = LaneId(number);
        timeline.lanes.push(Lane::new(
            lane,
            format!("worker {number}"),
            LaneKind::Worker,
        ));
        for run in cut(&worker.running(), window) {
            timeline
                .spans
                .push(Span::new(lane, run.0, run.1, SpanKind::Running, "item"));
        }
        let gaps: Vec<_> = worker
            .gaps
            .iter()
            .copied()
            .filter(|gap| gap.length() >= NOISE)
            .collect();
        for gap in cut(&gaps, window) {
            let stood = still.iter().any(|still| {
                let still = (
                    nanos(still.0.saturating_sub(window.0)),
                    nanos(still.1.saturating_sub(window.0)),
                );
                gap.0 < still.1 && still.0 < gap.1
            });
            let kind = if stood {
                SpanKind::Blocked
            } else {
                SpanKind::Waiting
            };
            timeline
                .spans
                .push(Span::new(lane, gap.0, gap.1, kind, "run"));
        }
    }
    for period in 0..=PERIODS {
        let at_ns = nanos(period * job.period);
        if !still.is_empty() && at_ns < timeline.end_ns {
            timeline.marks.push(Mark {
                lane: None,
                at_ns,
                label: "new quota".to_owned(),
            });
        }
    }
    timeline.counters.push(used(job, seen, window));
    timeline
}

/// Whole periods, which begin where the group went on: that is when it gets its quota.
fn window(job: &Job, still: &[Interval]) -> Interval {
    let from = still
        .iter()
        .map(|gap| gap.1)
        .find(|end| *end >= job.warm_up);
    let from = from.unwrap_or(job.warm_up);
    Interval(from, from + PERIODS * job.period)
}

/// What lies in the window, in nanoseconds from its start.
fn cut(intervals: &[Interval], window: Interval) -> Vec<Interval> {
    let inside = |interval: &Interval| {
        let (from, to) = (interval.0.max(window.0), interval.1.min(window.1));
        (from < to).then(|| Interval(nanos(from - window.0), nanos(to - window.0)))
    };
    intervals.iter().filter_map(inside).collect()
}

/// The CPU time that the group has used since its period began.
fn used(job: &Job, seen: &Seen, window: Interval) -> Counter {
    const STEPS: u64 = 50;
    let running: Vec<Interval> = seen
        .workers
        .iter()
        .flat_map(|worker| cut(&worker.running(), window))
        .collect();
    let mut points = Vec::new();
    for step in 0..PERIODS * STEPS {
        let at = nanos(job.period) * step / STEPS;
        let began = at - at % nanos(job.period);
        let so_far = running
            .iter()
            .map(|run| run.1.min(at).saturating_sub(run.0.max(began)));
        points.push((at, so_far.sum::<u64>() as f64 / 1e6));
    }
    Counter {
        name: "CPU time used in the period, ms".to_owned(),
        lane: None,
        limit: Some(job.quota as f64 / 1e3),
        points,
    }
}

fn nanos(micros: u64) -> u64 {
    micros * 1_000
}
