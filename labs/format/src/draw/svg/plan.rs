//! How much detail fits.

use std::ops::Range;

use super::super::drawn_counters;
use super::super::rows::Rows;
use crate::{Span, Timeline};

/// What is drawn one by one and what is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// `None`: each span is an element. Otherwise: in how many slices of time a row is summed up.
    pub(super) slices: Option<usize>,
    /// Whether arrows are drawn.
    pub(super) arrows: bool,
    /// How many marks are drawn.
    pub(super) marks: usize,
}

/// More arrows than this cover the picture instead of explaining it.
const MOST_ARROWS: usize = 450;
/// Arrows over more rows than this do likewise.
const MOST_ARROW_ROWS: usize = 16;
/// More marks than this cannot be told apart.
const MOST_MARKS: usize = 50;
/// Elements for the heading, legend, axis, style and patterns.
const FRAME: usize = 160;
/// Elements per row and per counter, apart from what is drawn in them.
const EACH: usize = 16;

impl Plan {
    pub(super) fn new(
        timeline: &Timeline,
        rows: &Rows<'_>,
        window: &Range<u64>,
        width: u32,
        max_nodes: usize,
    ) -> Self {
        let marks = timeline.marks.len().min(MOST_MARKS);
        let fixed = FRAME + EACH * (rows.rows.len() + drawn_counters(timeline).len()) + 3 * marks;
        let room = max_nodes.max(1_000).saturating_sub(fixed);
        let spans = timeline
            .spans
            .iter()
            .filter(|span| touches(span, window))
            .count();
        let arrows = timeline
            .arrows
            .iter()
            .filter(|arrow| window.contains(&arrow.at_ns))
            .count();
        let crowd = rows.rows.iter().any(|row| row.lanes > 1);
        // An element and its title each.
        let slices = (2 * spans > room || crowd).then(|| {
            let most = room / (2 * rows.rows.len().max(1));
            most.clamp(1, (width / 3).max(1) as usize)
        });
        let few = arrows <= MOST_ARROWS && rows.rows.len() <= MOST_ARROW_ROWS;
        let fits = few && 2 * (spans + arrows) <= room;
        Self {
            slices,
            arrows: slices.is_none() && fits,
            marks,
        }
    }
}

pub(super) fn touches(span: &Span, window: &Range<u64>) -> bool {
    span.start_ns < window.end && span.end_ns >= window.start
}
