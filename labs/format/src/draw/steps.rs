//! A schedule, step by step.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::{Lane, Mark, STEP, Timeline};

/// What a column needs to be worth having.
const NARROWEST: usize = 14;
/// More lines than this do not help anybody: the first and the last ones tell the story.
const MOST_LINES: usize = 60;

pub(super) fn draw(timeline: &Timeline, width: usize) -> String {
    let acts = |lane: &&Lane| timeline.marks.iter().any(|mark| mark.lane == Some(lane.id));
    let lanes: Vec<&Lane> = timeline.lanes.iter().filter(acts).collect();
    let column = width.saturating_sub(6) / lanes.len().max(1);
    let mut text = String::new();
    if column < NARROWEST {
        list(timeline, &mut text);
    } else {
        table(timeline, &lanes, column.min(40), &mut text);
    }
    text
}

fn table(timeline: &Timeline, lanes: &[&Lane], column: usize, text: &mut String) {
    text.push_str("step  ");
    for lane in lanes {
        cell(&lane.name, column, text);
    }
    end_line(text);
    for line in shown(&timeline.marks) {
        let Ok(mark) = line else {
            text.push_str("   …\n");
            continue;
        };
        let place = lanes.iter().position(|lane| mark.lane == Some(lane.id));
        let place = place.unwrap_or(0) * column;
        // What is too long for one line goes on below, in the same column.
        for (index, part) in wrapped(&mark.label, column - 2).iter().enumerate() {
            let step = if index == 0 {
                (mark.at_ns / STEP).to_string()
            } else {
                String::new()
            };
            let _ = writeln!(text, "{step:>4}  {}{part}", " ".repeat(place));
        }
    }
}

fn list(timeline: &Timeline, text: &mut String) {
    for line in shown(&timeline.marks) {
        let Ok(mark) = line else {
            text.push_str("   …\n");
            continue;
        };
        let name = mark.lane.and_then(|lane| timeline.lane(lane));
        let name = name.map_or("", |lane| lane.name.as_str());
        let _ = writeln!(text, "{:>4}  {name}: {}", mark.at_ns / STEP, mark.label);
    }
}

/// All marks, or the first and the last ones with an error where some are left out.
fn shown(marks: &[Mark]) -> Vec<Result<&Mark, ()>> {
    if marks.len() <= MOST_LINES {
        return marks.iter().map(Ok).collect();
    }
    let half = MOST_LINES / 2;
    let first = marks[..half].iter().map(Ok);
    let last = marks[marks.len() - half..].iter().map(Ok);
    first.chain([Err(())]).chain(last).collect()
}

fn cell(content: &str, column: usize, text: &mut String) {
    let content = super::terminal::shortened(content, column - 2);
    let gap = column.saturating_sub(content.width());
    let _ = write!(text, "{content}{}", " ".repeat(gap));
}

fn end_line(text: &mut String) {
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// `label` in lines of at most `width` columns, broken between words.
fn wrapped(label: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in label.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(format!("  {word}"));
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LaneId, LaneKind, TimeUnit};

    fn handed_over() -> Timeline {
        let mut timeline = Timeline::new();
        timeline.unit = TimeUnit::Steps;
        for (id, name) in [(0, "main"), (1, "writer"), (2, "idle")] {
            timeline
                .lanes
                .push(Lane::new(LaneId(id), name, LaneKind::Task));
        }
        for (step, lane, label) in [
            (1, 1, "send"),
            (1, 1, "send has returned, and nobody has it"),
            (2, 0, "receive"),
        ] {
            timeline.marks.push(Mark {
                lane: Some(LaneId(lane)),
                at_ns: step * STEP,
                label: label.to_owned(),
            });
        }
        timeline
    }

    #[test]
    fn a_column_per_lane_that_acts() {
        let expected = "\
step  main                 writer
   1                       send
   1                       send has returned,
                             and nobody has it
   2  receive
";
        assert_eq!(draw(&handed_over(), 48), expected);
    }

    #[test]
    fn without_room_for_columns_each_line_names_its_lane() {
        let expected = "   1  writer: send\n   1  writer: send has returned, and nobody has it\n   2  main: receive\n";
        assert_eq!(draw(&handed_over(), 20), expected);
    }

    #[test]
    fn of_an_endless_schedule_the_ends_are_shown() {
        let mut timeline = handed_over();
        timeline.marks = (0..500)
            .map(|step| Mark {
                lane: Some(LaneId(0)),
                at_ns: step * STEP,
                label: format!("go on {step}"),
            })
            .collect();
        let text = draw(&timeline, 80);
        assert_eq!(text.lines().count(), MOST_LINES + 2);
        assert!(
            text.contains("go on 0\n   1")
                && text.contains("   …\n")
                && text.ends_with("go on 499\n")
        );
    }
}
