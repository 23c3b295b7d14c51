//! What a span is, in words.

use std::collections::BTreeMap;

use crate::{LaneId, Span, SpanKind, TimeUnit, Timeline, units};

/// Finds lanes' names quickly.
pub(super) struct Names<'a> {
    names: BTreeMap<LaneId, &'a str>,
    unit: TimeUnit,
}

impl<'a> Names<'a> {
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        Self {
            names: timeline
                .lanes
                .iter()
                .map(|lane| (lane.id, lane.name.as_str()))
                .collect(),
            unit: timeline.unit,
        }
    }

    pub(super) fn of(&self, lane: LaneId) -> &'a str {
        self.names.get(&lane).copied().unwrap_or("?")
    }

    /// "producer 2 waits to send on orders, 1.2 ms, until consumer 1 received"
    pub(super) fn span(&self, span: &Span) -> String {
        let mut text = format!("{} {}", self.of(span.lane), doing(span));
        if let Some(resource) = span.resource {
            text = format!("{text} on {}", self.of(resource));
        }
        text = format!("{text}, {}", self.unit.long(span.duration()));
        if let Some(by) = span.by {
            text = format!("{text}, until {} {}", self.of(by), answer(&span.label));
        }
        if span.count > 1 {
            text = format!(
                "{text} ({} times, summed up)",
                units::count(u64::from(span.count))
            );
        }
        text
    }
}

/// What the lane does in the span.
fn doing(span: &Span) -> String {
    let verb = match span.kind {
        SpanKind::Running => "runs",
        SpanKind::Waiting => "waits",
        SpanKind::Blocked => "is blocked",
        SpanKind::Holding => "holds",
    };
    match (span.label.as_str(), span.kind) {
        ("", _) => verb.to_owned(),
        (label, SpanKind::Holding | SpanKind::Running) => format!("{verb} {label}"),
        (label, _) => format!("{verb} to {label}"),
    }
}

/// What somebody did that ended a wait to do `label`.
fn answer(label: &str) -> &'static str {
    match label {
        "send" => "received",
        "receive" => "sent",
        "lock" | "read" | "write" | "acquire" | "check out" => "released it",
        _ => "let it go on",
    }
}

/// Per lane that waited: how long, how often, and who let it go.
pub(super) fn sentences(timeline: &Timeline) -> Vec<String> {
    let names = Names::new(timeline);
    let mut waits: BTreeMap<LaneId, Waits> = BTreeMap::new();
    for span in &timeline.spans {
        if matches!(span.kind, SpanKind::Waiting | SpanKind::Blocked) {
            waits.entry(span.lane).or_default().add(span);
        }
    }
    let lanes = timeline
        .lanes
        .iter()
        .filter_map(|lane| Some((lane, waits.get(&lane.id)?)));
    lanes
        .map(|(lane, waits)| waits.sentence(&lane.name, &names))
        .collect()
}

#[derive(Default)]
struct Waits {
    time: u64,
    count: u64,
    by: BTreeMap<LaneId, u64>,
}

impl Waits {
    fn add(&mut self, span: &Span) {
        self.time += span.duration();
        self.count += u64::from(span.count);
        if let Some(by) = span.by {
            *self.by.entry(by).or_default() += u64::from(span.count);
        }
    }

    /// "producer 1 waited 40 ms in 31 waits; let go by consumer 1 (20 times), consumer 2 (11 times)."
    fn sentence(&self, name: &str, names: &Names<'_>) -> String {
        let waits = if self.count == 1 { "wait" } else { "waits" };
        let time = names.unit.long(self.time);
        let head = format!(
            "{name} waited {time} in {} {waits}",
            units::count(self.count)
        );
        let mut by: Vec<(LaneId, u64)> = self
            .by
            .iter()
            .map(|(lane, count)| (*lane, *count))
            .collect();
        by.sort_by_key(|(lane, count)| (std::cmp::Reverse(*count), *lane));
        let shown = by
            .iter()
            .take(3)
            .map(|(lane, count)| format!("{} ({})", names.of(*lane), times(*count)));
        let mut shown: Vec<String> = shown.collect();
        if by.len() > 3 {
            shown.push(format!("{} others", by.len() - 3));
        }
        if shown.is_empty() {
            format!("{head}.")
        } else {
            format!("{head}; let go by {}.", shown.join(", "))
        }
    }
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{} times", units::count(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lane, LaneKind};

    fn timeline() -> Timeline {
        let mut timeline = Timeline::new();
        for (id, name) in [(0, "producer 2"), (1, "consumer 1"), (2, "consumer 2")] {
            timeline
                .lanes
                .push(Lane::new(LaneId(id), name, LaneKind::Task));
        }
        timeline
            .lanes
            .push(Lane::new(LaneId(3), "orders", LaneKind::Resource));
        let wait = |start, end, by| {
            Span::new(LaneId(0), start, end, SpanKind::Waiting, "send")
                .on(LaneId(3))
                .let_go_by(LaneId(by))
        };
        timeline.spans = vec![
            wait(0, 1_200_000, 1),
            wait(2_000_000, 2_500_000, 2),
            wait(3_000_000, 4_000_000, 1),
        ];
        timeline
    }

    #[test]
    fn a_span_says_who_waits_for_whom_and_how_long() {
        let timeline = timeline();
        let names = Names::new(&timeline);
        assert_eq!(
            names.span(&timeline.spans[0]),
            "producer 2 waits to send on orders, 1.2 ms, until consumer 1 received"
        );
        let mut runs = Span::new(LaneId(1), 0, 900, SpanKind::Running, "");
        assert_eq!(names.span(&runs), "consumer 1 runs, 900 ns");
        "pack".clone_into(&mut runs.label);
        assert_eq!(names.span(&runs), "consumer 1 runs pack, 900 ns");
        let mut held = Span::new(LaneId(1), 0, 900, SpanKind::Holding, "stock");
        held.count = 3;
        assert_eq!(
            names.span(&held),
            "consumer 1 holds stock, 900 ns (3 times, summed up)"
        );
    }

    #[test]
    fn a_sentence_sums_up_a_lane() {
        assert_eq!(
            sentences(&timeline()),
            [
                "producer 2 waited 2.7 ms in 3 waits; let go by consumer 1 (twice), consumer 2 (once)."
            ]
        );
    }
}
