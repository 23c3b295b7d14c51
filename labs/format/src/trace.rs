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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::LaneKind;

    fn timeline() -> Timeline {
        let mut timeline = Timeline::new();
        for (id, name, kind) in [
            (4, "producer \"1\"", LaneKind::Task),
            (2, "consumer 1", LaneKind::Task),
            (9, "orders", LaneKind::Resource),
        ] {
            timeline.lanes.push(Lane::new(LaneId(id), name, kind));
        }
        let mut summed = Span::new(LaneId(2), 2_000, 9_500, SpanKind::Running, "pack");
        summed.count = 7;
        timeline.spans = vec![
            Span::new(LaneId(4), 0, 1_000, SpanKind::Running, ""),
            Span::new(LaneId(4), 1_000, 2_000, SpanKind::Waiting, "send")
                .on(LaneId(9))
                .let_go_by(LaneId(2)),
            Span::new(LaneId(4), 500, 1_500, SpanKind::Holding, "stock"),
            Span::new(LaneId(2), 0, 2_000, SpanKind::Blocked, "lock"),
            summed,
        ];
        timeline.arrows = vec![Arrow {
            from_lane: LaneId(4),
            to_lane: LaneId(2),
            left_ns: Some(900),
            at_ns: 2_000,
            label: "order 1".to_owned(),
        }];
        for lane in [None, Some(LaneId(2))] {
            timeline.marks.push(Mark {
                lane,
                at_ns: 3_000,
                label: "closed".to_owned(),
            });
        }
        timeline.counters.push(Counter {
            name: "orders queued".to_owned(),
            lane: Some(LaneId(9)),
            limit: None,
            points: vec![(0, 0.0), (900, 1.0)],
        });
        timeline
    }

    fn document(timeline: &Timeline) -> Vec<Value> {
        let text: String = lines(timeline, "channels").collect();
        let document: Value = serde_json::from_str(&text).expect("one JSON document");
        let events = document["traceEvents"].as_array();
        events.expect("a list of events").clone()
    }

    fn phase<'a>(events: &'a [Value], phase: &'a str) -> impl Iterator<Item = &'a Value> {
        events.iter().filter(move |event| event["ph"] == phase)
    }

    #[test]
    fn every_event_is_one_of_the_format() {
        let events = document(&timeline());
        for event in &events {
            assert!(event["name"].is_string() && event["pid"] == 1, "{event}");
            let kind = event["ph"].as_str().expect("a phase");
            assert!(kind == "M" || event["ts"].is_number(), "{event}");
            let complete = match kind {
                "M" => event["args"].is_object(),
                "X" => event["dur"].as_f64() >= Some(0.0) && event["tid"].is_u64(),
                "b" | "e" | "s" => event["id"].is_u64() && event["cat"].is_string(),
                "f" => event["id"].is_u64() && event["cat"].is_string() && event["bp"] == "e",
                "C" => event["args"]["value"].is_number(),
                "i" => {
                    let thread = event["tid"].is_u64();
                    event["s"] == if thread { "t" } else { "p" }
                }
                _ => false,
            };
            assert!(complete, "{event}");
        }
        let named = phase(&events, "M").filter(|event| event["name"] == "thread_name");
        let names: Vec<_> = named.map(|event| event["args"]["name"].as_str()).collect();
        let expected = ["producer \"1\"", "consumer 1", "orders"];
        assert_eq!(names, expected.map(Some));
    }

    #[test]
    fn what_begins_also_ends_and_nothing_crosses() {
        let events = document(&timeline());
        for (begin, end) in [("b", "e"), ("s", "f")] {
            let ends: BTreeMap<u64, &Value> = phase(&events, end)
                .map(|event| (event["id"].as_u64().expect("an id"), event))
                .collect();
            assert!(!ends.is_empty());
            for event in phase(&events, begin) {
                let end = ends[&event["id"].as_u64().expect("an id")];
                assert_eq!((&event["name"], &event["cat"]), (&end["name"], &end["cat"]));
                assert!(event["ts"].as_f64() <= end["ts"].as_f64());
            }
        }
        let mut last: BTreeMap<u64, f64> = BTreeMap::new();
        for event in phase(&events, "X") {
            let thread = event["tid"].as_u64().expect("a thread");
            let start = event["ts"].as_f64().expect("a time");
            let end = start + event["dur"].as_f64().expect("a time");
            let before = last.insert(thread, end).unwrap_or(0.0);
            assert!(start >= before, "{event}");
        }
    }

    #[test]
    fn who_let_whom_go_is_in_the_arguments() {
        let events = document(&timeline());
        let wait = phase(&events, "X").find(|event| event["name"] == "waiting: send");
        let wait = wait.expect("the wait");
        assert_eq!(
            (wait["ts"].as_f64(), wait["dur"].as_f64()),
            (Some(1.0), Some(1.0))
        );
        assert_eq!(
            wait["args"],
            json!({"on": "orders", "let go by": "consumer 1"})
        );
        let summed = phase(&events, "X").find(|event| event["name"] == "pack");
        assert_eq!(summed.expect("the packing")["args"]["summed up"], 7);
        assert_eq!(document(&Timeline::new()).len(), 1, "of nothing, a name");
    }
}
