//! An order of steps as a timeline: tasks are its lanes, steps its time.

use lab_format::{Arrow, Lane, LaneId, LaneKind, Mark, STEP, Span, SpanKind, TimeUnit, Timeline};

use super::world::{Step, Steps};

pub(super) fn draw(steps: &Steps) -> Timeline {
    let mut timeline = Timeline::new();
    timeline.unit = TimeUnit::Steps;
    timeline.lanes = (0..)
        .zip(&steps.names)
        .map(|(number, name)| Lane::new(LaneId(number), name, LaneKind::Task))
        .collect();
    let mut waiting: Vec<Option<(u64, &Step)>> = vec![None; steps.names.len()];
    let mut now = 0;
    for step in &steps.steps {
        let lane = lane(step.task);
        if let Some((since, wait)) = waiting[step.task].take() {
            let by = step.by.map(self::lane);
            timeline.spans.push(waits(wait, since, now, by));
            timeline.arrows.extend(by.map(|by| Arrow {
                from_lane: by,
                to_lane: lane,
                left_ns: None,
                at_ns: now,
                label: "lets go".to_owned(),
            }));
        }
        let begins = now;
        now += STEP;
        timeline.marks.push(Mark {
            lane: Some(lane),
            at_ns: now,
            label: step.label.clone().into_owned(),
        });
        if step.waits {
            waiting[step.task] = Some((begins, step));
        } else {
            let label = step.label.clone();
            timeline
                .spans
                .push(Span::new(lane, begins, now, SpanKind::Running, label));
        }
    }
    // Whoever still waits waits for ever: a little longer than all that happened.
    let end = now + u64::from(waiting.iter().any(Option::is_some)) * STEP;
    for (since, wait) in waiting.into_iter().flatten() {
        timeline.spans.push(waits(wait, since, end, None));
    }
    timeline.end_ns = end;
    timeline
}

fn lane(task: usize) -> LaneId {
    LaneId(u32::try_from(task).unwrap_or(u32::MAX))
}

fn waits(step: &Step, since: u64, until: u64, by: Option<LaneId>) -> Span {
    // The drawing says "waits to" itself.
    let verb = step.label.strip_prefix("waits to ").unwrap_or(&step.label);
    let mut span = Span::new(lane(step.task), since, until, SpanKind::Waiting, verb);
    span.by = by;
    span
}
