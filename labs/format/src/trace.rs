//! A timeline as a trace for Chrome's and Perfetto's viewers.
//!
//! The format is that of the document "Trace Event Format" of the Chromium project: a JSON object whose `traceEvents` are
//! complete events (`X`) for spans, asynchronous ones (`b`, `e`) for what is held, because a thread's complete events must
//! not cross, flow events (`s`, `f`) for arrows, counters (`C`), instants (`i`) for marks, and metadata (`M`) for names.
//! Times are in microseconds; a step of a schedule is one.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{Arrow, Counter, Lane, LaneId, Mark, Span, SpanKind, Timeline};

/// There is one process: the lab.
const PROCESS: u32 = 1;

/// The document, one line at a time, each with its line break: a long recording need not be in memory twice.
pub fn lines<'a>(timeline: &'a Timeline, title: &'a str) -> impl Iterator<Item = String> + 'a {
    let head = json!({"name": "process_name", "ph": "M", "pid": PROCESS, "args": {"name": title}});
    let events = std::iter::once(head).chain(events(timeline));
    let lines = events.enumerate().map(|(index, event)| {
        let comma = if index == 0 { ' ' } else { ',' };
        format!("{comma}{event}\n")
    });
    let open = "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n".to_owned();
    std::iter::once(open)
        .chain(lines)
        .chain(std::iter::once("]}\n".to_owned()))
}

fn events(timeline: &Timeline) -> impl Iterator<Item = Value> {
    let names: HashMap<LaneId, &str> = timeline
        .lanes
        .iter()
        .map(|lane| (lane.id, lane.name.as_str()))
        .collect();
    let lanes = timeline.lanes.iter().enumerate().flat_map(lane);
    let spans = timeline
        .spans
        .iter()
        .enumerate()
        .flat_map(move |(index, one)| span(index, one, &names));
    let arrows = timeline.arrows.iter().enumerate().flat_map(arrow);
    let counters = timeline.counters.iter().flat_map(counter);
    let marks = timeline.marks.iter().map(mark);
    lanes
        .chain(spans)
        .chain(arrows)
        .chain(counters)
        .chain(marks)
}

/// A lane is shown as a thread.
fn thread(lane: LaneId) -> u32 {
    lane.0 + 1
}

fn micros(time: u64) -> f64 {
    time as f64 / 1e3
}

fn lane((index, lane): (usize, &Lane)) -> [Value; 2] {
    let meta = |name: &str, args: Value| json!({"name": name, "ph": "M", "pid": PROCESS, "tid": thread(lane.id), "args": args});
    [
        meta("thread_name", json!({"name": lane.name})),
        meta("thread_sort_index", json!({"sort_index": index})),
    ]
}

fn span(index: usize, span: &Span, names: &HashMap<LaneId, &str>) -> Vec<Value> {
    let name = match (span.kind, span.label.as_str()) {
        (SpanKind::Running, label) if !label.is_empty() => label.to_owned(),
        (kind, "") => kind.name().to_owned(),
        (kind, label) => format!("{}: {label}", kind.name()),
    };
    let mut args = Map::new();
    for (key, lane) in [("on", span.resource), ("let go by", span.by)] {
        if let Some(name) = lane.and_then(|lane| names.get(&lane)) {
            args.insert(key.to_owned(), json!(name));
        }
    }
    if span.count > 1 {
        args.insert("summed up".to_owned(), json!(span.count));
    }
    let event = json!({
        "name": name, "cat": span.kind.name(), "ph": "X", "ts": micros(span.start_ns),
        "dur": micros(span.duration()), "pid": PROCESS, "tid": thread(span.lane), "args": args,
    });
    if span.kind != SpanKind::Holding {
        return vec![event];
    }
    let end = |phase: &str, time: u64| {
        json!({
            "name": name, "cat": "holding", "ph": phase, "id": index, "ts": micros(time), "pid": PROCESS,
            "tid": thread(span.lane), "args": args,
        })
    };
    vec![end("b", span.start_ns), end("e", span.end_ns)]
}

fn arrow((index, arrow): (usize, &Arrow)) -> [Value; 2] {
    let left = arrow.left_ns.unwrap_or(arrow.at_ns).min(arrow.at_ns);
    let name = match arrow.label.as_str() {
        "" => "hand-over",
        label => label,
    };
    let event = |phase: &str, time: u64, lane: LaneId| {
        json!({
            "name": name, "cat": "hand-over", "ph": phase, "id": index, "ts": micros(time), "pid": PROCESS,
            "tid": thread(lane),
        })
    };
    let mut end = event("f", arrow.at_ns, arrow.to_lane);
    // It ends at the span that is there then, not at the next one that begins.
    end["bp"] = json!("e");
    [event("s", left, arrow.from_lane), end]
}

fn counter(counter: &Counter) -> impl Iterator<Item = Value> {
    counter.points.iter().map(|(at, value)| {
        json!({
            "name": counter.name, "ph": "C", "ts": micros(*at), "pid": PROCESS, "args": {"value": value},
        })
    })
}

fn mark(mark: &Mark) -> Value {
    let scope = if mark.lane.is_some() { "t" } else { "p" };
    let mut event = json!({
        "name": mark.label, "cat": "mark", "ph": "i", "ts": micros(mark.at_ns), "pid": PROCESS, "s": scope,
    });
    if let Some(lane) = mark.lane {
        event["tid"] = json!(thread(lane));
    }
    event
}
