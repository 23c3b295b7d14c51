//! What a check says, in the document that `gym` writes, and the timeline of a failing schedule.

use lab_format::{Arrow, Lane, LaneId, LaneKind, Mark, STEP, Span, SpanKind, TimeUnit, Timeline};
use serde::Deserialize;

/// The version of the document that this program reads.
pub const VERDICT_VERSION: u32 = 1;

/// What a check has come to.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Verdict {
    /// The version of the document.
    pub version: u32,
    /// The cases that hold.
    pub cases: Vec<Passed>,
    /// The first that doesn't.
    pub failed: Option<Failed>,
}

/// A case that holds.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Passed {
    /// Its name.
    pub name: String,
    /// What was tried: `all 1,204 schedules`.
    pub explored: String,
}

/// A schedule with a fault.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Failed {
    /// The case's name; empty where no schedule came to its end.
    pub case: String,
    /// What kind of fault it is.
    pub kind: String,
    /// What should have happened.
    pub expected: String,
    /// What happened.
    pub observed: String,
    /// How that comes.
    pub why: String,
    /// How many schedules were tried.
    pub schedules: u64,
    /// What runs it again: `2:0012`; empty where it can't be.
    pub replay: String,
    lanes: Vec<String>,
    resources: Vec<String>,
    events: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Event {
    step: u64,
    lane: usize,
    what: What,
    label: String,
    resource: Option<usize>,
    by: Option<usize>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum What {
    Does,
    Waits,
    Resumes,
    Leaves,
    Holds,
    Frees,
    Notes,
    Ends,
}

impl Failed {
    /// The schedule as a timeline: tasks are lanes, steps are its time, marks say what was done.
    pub fn timeline(&self) -> Timeline {
        let mut timeline = Timeline::new();
        timeline.unit = TimeUnit::Steps;
        let lanes = self.lanes.iter().map(|name| (name, LaneKind::Task));
        let shared = self.resources.iter().map(|name| (name, LaneKind::Resource));
        for (index, (name, kind)) in lanes.chain(shared).enumerate() {
            timeline
                .lanes
                .push(Lane::new(LaneId(index as u32), name, kind));
        }
        let mut drawing = Drawing {
            failed: self,
            timeline,
            waiting: vec![None; self.lanes.len()],
            holding: Vec::new(),
        };
        for event in self
            .events
            .iter()
            .filter(|event| event.lane < self.lanes.len())
        {
            drawing.event(event);
        }
        drawing.end()
    }

    fn shared(&self, resource: Option<usize>) -> Option<LaneId> {
        let known = resource.filter(|resource| *resource < self.resources.len())?;
        Some(LaneId((self.lanes.len() + known) as u32))
    }
}

struct Drawing<'a> {
    failed: &'a Failed,
    timeline: Timeline,
    /// For each lane, the event with which its wait began.
    waiting: Vec<Option<&'a Event>>,
    /// The events with which somebody began to hold what nobody has given back yet.
    holding: Vec<&'a Event>,
}

impl<'a> Drawing<'a> {
    fn event(&mut self, event: &'a Event) {
        let lane = LaneId(event.lane as u32);
        if event.what == What::Holds {
            self.holding.push(event);
            return;
        }
        self.timeline.marks.push(Mark {
            lane: Some(lane),
            at_ns: event.step * STEP,
            label: self.words(event),
        });
        if matches!(event.what, What::Notes | What::Ends) {
            return;
        }
        let by = event
            .by
            .filter(|by| *by < self.failed.lanes.len())
            .map(|by| LaneId(by as u32));
        if let Some(began) = self.waiting[event.lane].take() {
            self.wait(began, (event.step - 1) * STEP, by);
            if let Some(by) = by {
                self.timeline.arrows.push(Arrow {
                    from_lane: by,
                    to_lane: lane,
                    left_ns: None,
                    at_ns: (event.step - 1) * STEP,
                    label: event.label.clone(),
                });
            }
        }
        match event.what {
            What::Waits => {
                self.waiting[event.lane] = Some(event);
                return;
            }
            What::Frees => self.frees(event),
            What::Does => self.sees(event, by),
            _ => {}
        }
        let mut span = Span::new(
            lane,
            (event.step - 1) * STEP,
            event.step * STEP,
            SpanKind::Running,
            &event.label,
        );
        span.resource = self.failed.shared(event.resource);
        self.timeline.spans.push(span);
    }

    /// What one thread has released, another one sees.
    fn sees(&mut self, event: &Event, by: Option<LaneId>) {
        self.timeline.arrows.extend(by.map(|by| Arrow {
            from_lane: by,
            to_lane: LaneId(event.lane as u32),
            left_ns: None,
            at_ns: (event.step - 1) * STEP,
            label: event.label.clone(),
        }));
    }

    /// It may be somebody else who gives it back: a permit can be handed on.
    fn frees(&mut self, event: &Event) {
        let of = |holding: &&Event| holding.resource == event.resource;
        let own = |holding: &&Event| of(holding) && holding.lane == event.lane;
        let found = self.holding.iter().rposition(own);
        if let Some(found) = found.or_else(|| self.holding.iter().position(of)) {
            let began = self.holding.remove(found);
            self.hold(began, event.step * STEP);
        }
    }

    fn hold(&mut self, began: &Event, end: u64) {
        let mut span = Span::new(
            LaneId(began.lane as u32),
            (began.step.max(1) - 1) * STEP,
            end,
            SpanKind::Holding,
            &began.label,
        );
        span.resource = self.failed.shared(began.resource);
        self.timeline.spans.push(span);
    }

    fn wait(&mut self, began: &Event, end: u64, by: Option<LaneId>) {
        let start = (began.step - 1) * STEP;
        let mut span = Span::new(
            LaneId(began.lane as u32),
            start,
            end.max(start),
            SpanKind::Waiting,
            &began.label,
        );
        span.resource = self.failed.shared(began.resource);
        span.by = by;
        self.timeline.spans.push(span);
    }

    /// Who still waits when the schedule is over waits for ever.
    fn end(mut self) -> Timeline {
        let last = self.failed.events.last().map_or(0, |event| event.step);
        let waits = self.waiting.iter().flatten().count() as u64;
        self.timeline.end_ns = (last + waits.min(1)) * STEP;
        for began in std::mem::take(&mut self.waiting).into_iter().flatten() {
            self.wait(began, self.timeline.end_ns, None);
        }
        for began in std::mem::take(&mut self.holding) {
            self.hold(began, self.timeline.end_ns);
        }
        self.timeline
    }

    fn words(&self, event: &Event) -> String {
        let on = event
            .resource
            .and_then(|resource| self.failed.resources.get(resource))
            .map(|name| format!(" · {name}"))
            .unwrap_or_default();
        let by = event.by.and_then(|by| self.failed.lanes.get(by));
        let by = |verb: &str| {
            by.map(|name| format!(", {verb} {name}"))
                .unwrap_or_default()
        };
        match event.what {
            What::Does => format!("{}{on}{}", event.label, by("released by")),
            What::Holds | What::Frees => format!("{}{on}", event.label),
            What::Waits => format!("waits to {}{on}", event.label),
            What::Resumes => format!("{}{}", event.label, by("let go by")),
            What::Leaves => format!("gives up: {}{on}", event.label),
            What::Notes => format!("» {}", event.label),
            What::Ends => "ends".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"version":1,"cases":[{"name":"a","explored":"all 2 schedules"}],"failed":{"case":"b","kind":"stuck",
        "expected":"","observed":"","why":"","schedules":3,"replay":"2:01","lanes":["main","writer"],"resources":["channel (line 9)"],
        "events":[{"step":1,"lane":0,"what":"waits","label":"receive","resource":0},
                  {"step":2,"lane":1,"what":"does","label":"send","resource":0},
                  {"step":3,"lane":0,"what":"resumes","label":"receive","resource":0,"by":1},
                  {"step":4,"lane":0,"what":"waits","label":"receive","resource":0}]}}"#;

    #[test]
    fn a_schedule_becomes_a_timeline_that_is_sound() {
        let verdict: Verdict = serde_json::from_str(DOCUMENT).expect("a verdict");
        let timeline = verdict.failed.expect("a fault").timeline();
        timeline.check().expect("a sound timeline");
        let waits: Vec<_> = timeline
            .spans
            .iter()
            .filter(|span| span.kind == SpanKind::Waiting)
            .map(|span| {
                (
                    span.lane.0,
                    span.start_ns,
                    span.end_ns,
                    span.by.map(|by| by.0),
                )
            })
            .collect();
        assert_eq!(
            waits,
            [(0, 0, 2_000, Some(1)), (0, 3_000, 5_000, None)],
            "the second wait never ends"
        );
        let said: Vec<_> = timeline
            .marks
            .iter()
            .map(|mark| mark.label.as_str())
            .collect();
        let expected = [
            "waits to receive · channel (line 9)",
            "send · channel (line 9)",
            "receive, let go by writer",
            "waits to receive · channel (line 9)",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn who_holds_what_is_drawn_until_it_is_given_back_or_the_schedule_ends() {
        let events = r#"[{"step":1,"lane":0,"what":"does","label":"lock","resource":0},
                  {"step":1,"lane":0,"what":"holds","label":"the lock","resource":0},
                  {"step":2,"lane":1,"what":"waits","label":"lock","resource":0},
                  {"step":3,"lane":0,"what":"frees","label":"unlock","resource":0},
                  {"step":4,"lane":1,"what":"resumes","label":"lock","resource":0,"by":0},
                  {"step":4,"lane":1,"what":"holds","label":"the lock","resource":0},
                  {"step":5,"lane":0,"what":"does","label":"load 1, Acquire","resource":0,"by":1}]"#;
        let begins = DOCUMENT.find("[{\"step\"").expect("events");
        let document = format!("{}{events}}}}}", &DOCUMENT[..begins]);
        let verdict: Verdict = serde_json::from_str(&document).expect("a verdict");
        let timeline = verdict.failed.expect("a fault").timeline();
        timeline.check().expect("a sound timeline");
        let held: Vec<_> = timeline
            .spans
            .iter()
            .filter(|span| span.kind == SpanKind::Holding)
            .map(|span| (span.lane.0, span.start_ns, span.end_ns))
            .collect();
        assert_eq!(held, [(0, 0, 3_000), (1, 3_000, 5_000)]);
        assert_eq!(timeline.arrows.len(), 2);
        assert_eq!(
            timeline.marks.last().expect("marks").label,
            "load 1, Acquire · channel (line 9), released by writer"
        );
    }
}
