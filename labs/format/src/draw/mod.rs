//! A timeline as swimlanes: for a terminal, and as an SVG picture.
//!
//! Both drawings show one row per lane, a strip per counter and a time axis, and both say who let
//! whom go on. What does not fit is summed up, never left out silently.

mod axis;
pub(crate) mod bins;
mod rows;
mod steps;
mod svg;
pub(crate) mod terminal;
mod words;

use std::ops::Range;

pub use svg::STYLE;

use crate::{Counter, Span, SpanKind, Timeline, units};

/// More strips than this do not help anybody.
const MOST_COUNTERS: usize = 16;

/// How to draw for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalOptions {
    /// How many columns there are; at least 40 are used.
    pub width: usize,
    /// Whether ANSI colours are used. Without them, nothing is lost: the blocks differ too.
    pub color: bool,
    /// The part to draw, in nanoseconds; `None` is all of it.
    pub window: Option<Range<u64>>,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self {
            width: 80,
            color: false,
            window: None,
        }
    }
}

/// How to draw the SVG picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvgOptions {
    /// The width in pixels that details are chosen for. The picture itself stretches.
    pub width: u32,
    /// The heading.
    pub title: String,
    /// The part to draw, in nanoseconds; `None` is all of it.
    pub window: Option<Range<u64>>,
    /// Where a page can ask for another part of the same recording, drawn like this one: a URL to which `&from=…&to=…`
    /// is added. Empty if nowhere.
    pub source: String,
    /// How many elements the picture may have; beyond it, spans are summed up. At least 1,000.
    pub max_nodes: usize,
}

impl Default for SvgOptions {
    fn default() -> Self {
        Self {
            width: 1100,
            title: String::new(),
            window: None,
            source: String::new(),
            max_nodes: 5_000,
        }
    }
}

/// Draws swimlanes in block characters, ending in a newline.
///
/// In each row, darker means running more of the time. A digit or letter at the end of a wait is
/// the key of the lane that let it go on.
pub fn terminal(timeline: &Timeline, options: &TerminalOptions) -> String {
    terminal::draw(timeline, options)
}

/// Draws a schedule step by step: a column per lane that fits into `width` characters, a line per
/// step, and in it what the lane did. Where the columns do not fit, each line names its lane.
///
/// What a lane did comes from the timeline's marks.
pub fn steps(timeline: &Timeline, width: usize) -> String {
    steps::draw(timeline, width)
}

/// Draws swimlanes as one standalone SVG document, which can also be put into a page as it is.
///
/// It stretches to the width it is given, without shrinking its text. Its colours follow the
/// system's light or dark scheme, and a page can set them: `--swim-fg`, `--swim-dim`, `--swim-grid`,
/// `--swim-bg` and, for the kinds, `--swim-running`, `--swim-waiting`, `--swim-blocked`,
/// `--swim-holding`; `--fg` and `--bg`, which mdBook's themes set, are used where those are not.
pub fn svg(timeline: &Timeline, options: &SvgOptions) -> String {
    svg::draw(timeline, options)
}

/// Sentences saying who waited for whom, one per lane that waited: for captions and for people who
/// cannot see the picture.
pub fn sentences(timeline: &Timeline) -> Vec<String> {
    words::sentences(timeline)
}

/// The opening of a recording: as much of it, from the first wait on, as a drawing `cells` characters wide can show with
/// each wait long enough to be seen. All of it where that is little enough.
pub fn opening(timeline: &Timeline, cells: usize) -> Range<u64> {
    let waits = || {
        timeline
            .spans
            .iter()
            .filter(|span| span.kind == SpanKind::Waiting)
    };
    let mut lengths: Vec<u64> = waits().map(Span::duration).collect();
    lengths.sort_unstable();
    let end = timeline.end().max(1);
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(end);
    // Three cells of waiting and one that tells who ended it. Even an opening is a thousandth of the whole.
    let shown = median
        .saturating_mul(cells as u64 / 4)
        .max(end / 1_000)
        .max(1);
    let first = waits().map(|span| span.start_ns).min().unwrap_or(0);
    // What led to the first wait is seen too.
    let start = first.saturating_sub(shown / 10);
    if shown > end / 10 * 9 || start + shown > end {
        0..end
    } else {
        start..start + shown
    }
}

/// The window that was asked for, kept inside the recording and never empty.
fn window(timeline: &Timeline, asked: Option<&Range<u64>>) -> Range<u64> {
    let end = timeline.end().max(1);
    match asked {
        Some(asked) if asked.start < asked.end.min(end) => asked.start..asked.end.min(end),
        _ => 0..end,
    }
}

/// The counters that are drawn.
fn drawn_counters(timeline: &Timeline) -> &[Counter] {
    let counters = &timeline.counters;
    &counters[..counters.len().min(MOST_COUNTERS)]
}

/// What to say of the counters that are not drawn.
fn counters_left_out(timeline: &Timeline) -> Option<String> {
    let more = timeline.counters.len().checked_sub(MOST_COUNTERS + 1)? + 1;
    Some(format!("{} counters not drawn", units::count(more as u64)))
}
