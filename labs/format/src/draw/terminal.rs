//! Swimlanes in block characters.

use std::fmt::Write as _;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::axis::ticks;
use super::bins::{Bin, bins, edge, slice_of};
use super::rows::{Row, Rows};
use super::{TerminalOptions, counters_left_out, drawn_counters, window};
use crate::{Counter, SpanKind, TimeUnit, Timeline, units};

/// More rows than this do not help anybody.
const MOST_ROWS: usize = 40;
/// From nothing to full.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The darker, the more it runs.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];

pub(super) fn draw(timeline: &Timeline, options: &TerminalOptions) -> String {
    let rows = Rows::new(timeline, MOST_ROWS);
    let window = window(timeline, options.window.as_ref());
    let names = name_width(&rows, timeline, options.width.max(40));
    // A key and a space before the name, a space and the frame's line behind it.
    let plot = options.width.max(40) - names - 4;
    let mut picture = Picture {
        names,
        plot,
        window,
        color: options.color,
        text: String::new(),
    };
    for row in &rows.rows {
        picture.row(row, &rows);
    }
    for counter in drawn_counters(timeline) {
        picture.counter(counter);
    }
    picture.axis(timeline);
    picture.legend(timeline);
    picture.text
}

fn name_width(rows: &Rows<'_>, timeline: &Timeline, width: usize) -> usize {
    let lanes = rows.rows.iter().map(|row| row.name.width());
    let counters = drawn_counters(timeline)
        .iter()
        .map(|counter| counter_name(counter).width());
    lanes.chain(counters).max().unwrap_or(0).clamp(4, width / 3)
}

fn counter_name(counter: &Counter) -> String {
    match counter.limit {
        Some(limit) if limit > 0.0 => format!("{} ≤ {}", counter.name, units::digits(limit)),
        _ => counter.name.clone(),
    }
}

struct Picture {
    names: usize,
    plot: usize,
    window: Range<u64>,
    color: bool,
    text: String,
}

/// One character of a row, and the kind whose colour it takes; `None` is the text's own colour.
type Cell = (char, Option<SpanKind>);

impl Picture {
    fn row(&mut self, row: &Row<'_>, rows: &Rows<'_>) {
        let bins = bins(row.spans.iter().copied(), &self.window, self.plot);
        let mut cells: Vec<Cell> = bins.iter().map(cell).collect();
        self.keys(row, rows, &mut cells);
        self.label(row.key, &row.name);
        self.cells(&cells);
        self.text.push('\n');
    }

    /// Writes the key of who let it go at the end of each wait that is long enough to be seen.
    fn keys(&self, row: &Row<'_>, rows: &Rows<'_>, cells: &mut [Cell]) {
        let cell = (self.window.end - self.window.start) as f64 / self.plot as f64;
        for span in &row.spans {
            let seen = self.window.contains(&span.start_ns) && self.window.contains(&span.end_ns);
            if row.lanes > 1 || !seen || (span.duration() as f64) < 2.5 * cell {
                continue;
            }
            if let Some(key) = span.by.and_then(|by| rows.key(by)) {
                let last = slice_of(&self.window, self.plot, span.end_ns.saturating_sub(1));
                cells[last] = (key, None);
            }
        }
    }

    fn counter(&mut self, counter: &Counter) {
        let highest = counter
            .points
            .iter()
            .map(|point| point.1)
            .fold(0.0, f64::max);
        let full = counter.limit.unwrap_or(0.0).max(highest);
        let cells: Vec<Cell> = maxima(counter, &self.window, self.plot)
            .into_iter()
            .map(|value| (level(value, full), None))
            .collect();
        self.label(' ', &counter_name(counter));
        self.cells(&cells);
        self.text.push('\n');
    }

    fn label(&mut self, key: char, name: &str) {
        let name = shortened(name, self.names);
        let gap = " ".repeat(self.names - name.width());
        let _ = write!(self.text, "{key} {name}{gap} │");
    }

    fn cells(&mut self, cells: &[Cell]) {
        let mut now = None;
        for (character, kind) in cells {
            if self.color && now != *kind {
                self.text.push_str(kind.map_or("\x1b[0m", ansi));
                now = *kind;
            }
            self.text.push(*character);
        }
        if now.is_some() {
            self.text.push_str("\x1b[0m");
        }
    }

    fn axis(&mut self, timeline: &Timeline) {
        let mut line: Vec<char> = vec!['─'; self.plot];
        let mut labels: Vec<char> = Vec::new();
        for (at, label) in ticks(timeline.unit, &self.window, self.plot / 12) {
            let column = slice_of(&self.window, self.plot, at);
            let fits = column >= labels.len() && column + label.chars().count() <= self.plot;
            if fits {
                line[column] = '┬';
                labels.resize(column, ' ');
                labels.extend(label.chars());
                labels.push(' ');
            }
        }
        let margin = " ".repeat(self.names + 3);
        let line: String = line.into_iter().collect();
        let labels: String = labels.into_iter().collect();
        let _ = writeln!(self.text, "{margin}└{line}\n{margin} {}", labels.trim_end());
    }

    fn legend(&mut self, timeline: &Timeline) {
        let used = |kind| timeline.spans.iter().any(|span| span.kind == kind);
        let end = timeline.end().max(1);
        let mut items = Vec::new();
        if self.window != (0..end) {
            items.push(part(timeline.unit, &self.window, end));
        }
        if used(SpanKind::Running) || used(SpanKind::Waiting) {
            items.push("█ runs".to_owned());
            items.push("▓▒ runs part of the time".to_owned());
            items.push("░ waits".to_owned());
        }
        if used(SpanKind::Blocked) {
            items.push("× blocked with its thread".to_owned());
        }
        if used(SpanKind::Holding) {
            items.push("= holds a lock".to_owned());
        }
        if timeline.spans.iter().any(|span| span.by.is_some()) {
            items.push("1 2 … ends a wait: let go by that lane".to_owned());
        }
        items.extend(counters_left_out(timeline));
        if timeline.dropped > 0 {
            items.push(format!(
                "{} events were not kept",
                units::count(timeline.dropped)
            ));
        }
        self.items(&items);
    }

    /// Items side by side, in as many lines as they need.
    fn items(&mut self, items: &[String]) {
        let width = self.names + self.plot + 4;
        let mut used = 0;
        for item in items {
            let gap = if used == 0 { "" } else { "   " };
            if used > 0 && used + 3 + item.width() > width {
                self.text.push('\n');
                used = 0;
                self.text.push_str(item);
            } else {
                self.text.push_str(gap);
                self.text.push_str(item);
            }
            used += gap.len() + item.width();
        }
        self.text.push('\n');
    }
}

/// "the first 20 ms of 104 ms"
pub(super) fn part(unit: TimeUnit, window: &Range<u64>, end: u64) -> String {
    let (from, to, end) = (
        unit.long(window.start),
        unit.long(window.end),
        unit.long(end),
    );
    if window.start == 0 {
        format!("the first {to} of {end}")
    } else {
        format!("{from} to {to} of {end}")
    }
}

fn cell(bin: &Bin) -> Cell {
    if bin.count == 0 {
        return (' ', None);
    }
    for (kind, character) in [(SpanKind::Blocked, '×'), (SpanKind::Holding, '=')] {
        if bin.share(kind) >= 0.5 {
            return (character, Some(kind));
        }
    }
    let running = bin.share(SpanKind::Running);
    let kind = if running >= 0.5 {
        SpanKind::Running
    } else {
        SpanKind::Waiting
    };
    let shade = match running {
        r if r >= 0.85 => 3,
        r if r >= 0.5 => 2,
        r if r >= 0.15 => 1,
        _ => 0,
    };
    (SHADES[shade], Some(kind))
}

fn ansi(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Running => "\x1b[38;5;36m",
        SpanKind::Waiting => "\x1b[38;5;214m",
        SpanKind::Blocked => "\x1b[38;5;166m",
        SpanKind::Holding => "\x1b[38;5;75m",
    }
}

/// The highest value in each slice.
pub(crate) fn maxima(counter: &Counter, window: &Range<u64>, slices: usize) -> Vec<f64> {
    let mut points = counter.points.iter().peekable();
    let mut value = 0.0;
    (0..slices)
        .map(|slice| {
            let end = edge(window, slices, slice + 1);
            let mut highest = value;
            // What happens at the very start of the window belongs to its first slice.
            while let Some((at, next)) = points.next_if(|point| point.0 < end) {
                highest = if *at <= edge(window, slices, slice) {
                    *next
                } else {
                    f64::max(highest, *next)
                };
                value = *next;
            }
            highest
        })
        .collect()
}

fn level(value: f64, full: f64) -> char {
    if full <= 0.0 || value <= 0.0 {
        return LEVELS[0];
    }
    // The lowest level is kept for nothing, so that one order in a large buffer is seen.
    let step = (value / full * 7.0).ceil().clamp(1.0, 7.0);
    LEVELS[step as usize]
}

/// The name, cut to so many columns.
pub(super) fn shortened(name: &str, width: usize) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let mut short = String::new();
    for character in name.chars() {
        short.push(character);
        if short.width() >= width {
            short.pop();
            break;
        }
    }
    format!("{short}…")
}
