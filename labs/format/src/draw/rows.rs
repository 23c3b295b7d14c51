//! Which rows a drawing has, and what is in each.

use std::collections::HashMap;

use crate::{Lane, LaneId, LaneKind, Span, Timeline, units};

/// One row of a drawing: a lane, or the lanes for which there was no room.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// A character that stands for the row in the marks of others.
    pub(super) key: char,
    /// The name.
    pub(super) name: String,
    /// How many lanes it sums up.
    pub(super) lanes: usize,
    /// Its spans, in order of their starts.
    pub(super) spans: Vec<&'a Span>,
}

/// The rows, in the order of the lanes, and where each lane went.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) rows: Vec<Row<'a>>,
    index: HashMap<LaneId, usize>,
}

impl<'a> Rows<'a> {
    /// At most `most` rows; the lanes beyond share the last one. Resources without spans have none.
    pub(super) fn new(timeline: &'a Timeline, most: usize) -> Self {
        let lanes = drawn_lanes(timeline);
        let alone = if lanes.len() <= most {
            lanes.len()
        } else {
            most.max(2) - 1
        };
        let mut rows: Vec<Row<'a>> = lanes[..alone]
            .iter()
            .enumerate()
            .map(|(index, lane)| Row::new(index, lane.name.clone(), lane.count as usize))
            .collect();
        let rest: usize = lanes[alone..].iter().map(|lane| lane.count as usize).sum();
        if rest > 0 {
            let name = format!("{} more lanes", units::count(rest as u64));
            rows.push(Row::new(alone, name, rest));
        }
        let place = |(index, lane): (usize, &&Lane)| (lane.id, index.min(alone));
        let index = lanes.iter().enumerate().map(place).collect();
        let mut all = Self { rows, index };
        all.fill(timeline);
        all
    }

    fn fill(&mut self, timeline: &'a Timeline) {
        for span in &timeline.spans {
            if let Some(row) = self.index.get(&span.lane) {
                self.rows[*row].spans.push(span);
            }
        }
        for row in &mut self.rows {
            row.spans.sort_by_key(|span| (span.start_ns, span.end_ns));
        }
    }

    /// The row that shows a lane.
    pub(super) fn of(&self, lane: LaneId) -> Option<usize> {
        self.index.get(&lane).copied()
    }

    /// The key of the row that shows a lane.
    pub(super) fn key(&self, lane: LaneId) -> Option<char> {
        Some(self.rows[self.of(lane)?].key)
    }
}

impl Row<'_> {
    fn new(index: usize, name: String, lanes: usize) -> Self {
        Self {
            key: key(index),
            name,
            lanes,
            spans: Vec::new(),
        }
    }
}

fn drawn_lanes(timeline: &Timeline) -> Vec<&Lane> {
    let with_spans: std::collections::HashSet<LaneId> =
        timeline.spans.iter().map(|span| span.lane).collect();
    let drawn = |lane: &&Lane| lane.kind != LaneKind::Resource || with_spans.contains(&lane.id);
    timeline.lanes.iter().filter(drawn).collect()
}

/// 1 to 9, then a to z, then a dot for all others.
fn key(index: usize) -> char {
    match index {
        0..9 => (b'1' + index as u8) as char,
        9..35 => (b'a' + (index - 9) as u8) as char,
        _ => '•',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpanKind;

    fn crowd(lanes: u32) -> Timeline {
        let mut timeline = Timeline::new();
        for id in 0..lanes {
            timeline
                .lanes
                .push(Lane::new(LaneId(id), format!("task {id}"), LaneKind::Task));
            timeline
                .spans
                .push(Span::new(LaneId(id), 0, 10, SpanKind::Running, ""));
        }
        timeline
            .lanes
            .push(Lane::new(LaneId(lanes), "orders", LaneKind::Resource));
        timeline
    }

    #[test]
    fn lanes_beyond_the_limit_share_a_row() {
        let timeline = crowd(50);
        let rows = Rows::new(&timeline, 40);
        assert_eq!(rows.rows.len(), 40);
        assert_eq!(rows.rows[39].name, "11 more lanes");
        assert_eq!((rows.rows[39].lanes, rows.rows[39].spans.len()), (11, 11));
        assert_eq!(rows.of(LaneId(49)), Some(39));
        assert_eq!(rows.key(LaneId(8)), Some('9'));
        assert_eq!(rows.key(LaneId(9)), Some('a'));
        assert_eq!(rows.key(LaneId(36)), Some('•'));
        assert_eq!(
            rows.of(LaneId(50)),
            None,
            "a resource that does nothing has no row"
        );
    }

    #[test]
    fn exactly_the_limit_needs_no_shared_row() {
        let timeline = crowd(40);
        assert_eq!(Rows::new(&timeline, 40).rows[39].name, "task 39");
    }
}
