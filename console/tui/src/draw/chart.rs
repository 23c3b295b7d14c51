//! One variable over time.
//!
//! ```text
//!  400 ┤      ⡠⠒⠒⢄           ┊      ⢀⡠⠔⠒      ┊  it started again here
//!  200 ┤⠤⠤⠤⠒⠉    ⠑⠢⠤⠤⠤⠤     ┊⠤⠤⠤⠊⠁
//!    0 ┼───────────────···───────────────      ·  no samples here
//!      -1 min          -30 s           now
//! ```
//!
//! Lines connect samples that follow one another, never across a gap or a restart. A column that holds several samples
//! shows all of them, from the least to the greatest, so that a spike is never lost to averaging.

use std::ops::Range;
use std::time::Duration;

use cutaway_model::{At, Entry};
use ratatui::style::Style;

use super::{Pen, text};
use crate::theme::Theme;
use crate::unit::Unit;

/// What is drawn.
#[derive(Copy, Clone)]
pub(crate) struct Chart<'a> {
    /// The history, oldest first; may reach beyond the window.
    pub(crate) entries: &'a [Entry],
    /// The time shown.
    pub(crate) window: Window,
    /// What the numbers count.
    pub(crate) unit: Unit,
    /// How the line looks.
    pub(crate) style: Style,
}

/// A stretch of time that ends at a moment.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Its end.
    pub(crate) end: At,
    /// Its length.
    pub(crate) span: Duration,
}

/// What is known about one column of a chart.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
struct Column {
    /// Least and greatest value.
    values: Option<(f64, f64)>,
    /// Whether the variable's owner started again within it.
    reset: bool,
    /// Whether the value is unknown there, though it was known before.
    missing: bool,
}

/// The least and the greatest value an axis reaches to, and the distance between its marks.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Window {
    /// From its start to its end, and a little before: what a chart of it needs.
    pub(crate) fn entries(&self) -> Range<At> {
        let margin = self.span / 10 + Duration::from_secs(1);
        self.end.saturating_sub(self.span + margin)..self.end + Duration::from_nanos(1)
    }

    /// From its start to its end.
    pub(crate) fn range(&self) -> Range<At> {
        self.end.saturating_sub(self.span)..self.end + Duration::from_nanos(1)
    }

    /// The same, its end moved to the next whole column, so that columns do not shimmer while time passes.
    fn steady(&self, columns: usize) -> Self {
        let column = self.span.as_nanos() / columns.max(1) as u128;
        let end = self.end.as_nanos().next_multiple_of(column.max(1));
        Self {
            end: Duration::from_nanos(end.try_into().unwrap_or(u64::MAX)),
            span: self.span,
        }
    }

    /// The column that `at` falls into; negative before the window.
    fn column(&self, at: At, columns: usize) -> i64 {
        let span = self.span.as_secs_f64().max(1e-9);
        let start = self.end.as_secs_f64() - span;
        // A sample on a column's edge belongs to the right of it, however the division is rounded.
        ((at.as_secs_f64() - start) / span * columns as f64 + 1e-6).floor() as i64
    }
}

impl Chart<'_> {
    /// Draws the line in braille with both axes; with little room, without them.
    pub(crate) fn draw(&self, pen: &mut Pen<'_>, theme: &Theme) {
        let rows = pen.height().saturating_sub(u16::from(pen.height() > 3));
        let scale = self.scale(usize::from(rows / 3).clamp(1, 5));
        let gutter = self.gutter(&scale, pen.width());
        let (width, height) = (pen.width().saturating_sub(gutter), pen.height());
        if gutter > 0 {
            self.draw_marks(&mut pen.part(0, 0, gutter, rows), &scale, theme);
        }
        self.draw_line(&mut pen.part(gutter, 0, width, rows), &scale, theme);
        if rows < height {
            self.draw_times(&mut pen.part(gutter, rows, width, 1), theme);
        }
    }

    /// Draws a filled chart of block characters without axes. What does not change is a thin line, so that what does
    /// catches the eye.
    pub(crate) fn draw_bars(&self, pen: &mut Pen<'_>, theme: &Theme) {
        let (width, height) = (pen.width(), pen.height());
        let scale = self.scale(2);
        let flat = self.flat_line(height);
        for (x, column) in (0..width).zip(self.columns(usize::from(width))) {
            self.draw_absence(pen, x, height.saturating_sub(1)..height, column, theme);
            match (column.values, flat) {
                (None, _) => {}
                (Some(_), Some((y, symbol))) => pen.symbol(x, y, symbol, self.style),
                (Some((_, value)), None) => self.draw_bar(pen, x, scale.share(value)),
            }
        }
    }

    fn draw_bar(&self, pen: &mut Pen<'_>, x: u16, share: f64) {
        const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let height = pen.height();
        // Something that is there is never drawn as nothing.
        let eighths = (share * f64::from(height) * 8.0).round().max(1.0) as usize;
        for y in 0..height {
            let below = usize::from(height - 1 - y) * 8;
            let filled = eighths.saturating_sub(below).min(8);
            if filled > 0 {
                pen.symbol(x, y, EIGHTHS[filled], self.style);
            }
        }
    }

    /// The line that stands for values that are all the same, and its row.
    fn flat_line(&self, height: u16) -> Option<(u16, char)> {
        let mut values = self.visible();
        let first = values.next()?;
        let same = values.all(|value| value.to_bits() == first.to_bits());
        let line = if first == 0.0 {
            (height.saturating_sub(1), '▁')
        } else {
            (height / 2, '─')
        };
        same.then_some(line)
    }

    fn draw_line(&self, pen: &mut Pen<'_>, scale: &Scale, theme: &Theme) {
        let (width, height) = (usize::from(pen.width()), usize::from(pen.height()));
        if width == 0 || height == 0 {
            return;
        }
        let (dots, levels) = (width * 2, height * 4);
        let columns = self.columns(dots);
        for (dot, column) in columns.iter().enumerate() {
            self.draw_absence(pen, (dot / 2) as u16, 0..pen.height(), *column, theme);
        }
        let mut cells = vec![0_u8; width * height];
        let mut before: Option<(usize, usize)> = None;
        for (dot, column) in columns.iter().enumerate() {
            let Some((low, high)) = column.values else {
                before = None;
                continue;
            };
            let here = (scale.level(high, levels), scale.level(low, levels));
            for level in joined(before, here) {
                cells[level / 4 * width + dot / 2] |= dot_bit(dot % 2, level % 4);
            }
            before = Some(here);
        }
        for (at, bits) in cells.iter().enumerate().filter(|(_, bits)| **bits != 0) {
            let symbol = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or('⣿');
            pen.symbol((at % width) as u16, (at / width) as u16, symbol, self.style);
        }
    }

    /// Restarts are dotted lines over `rows`; unknown values are dots on the lowest row.
    fn draw_absence(
        &self,
        pen: &mut Pen<'_>,
        x: u16,
        rows: Range<u16>,
        column: Column,
        theme: &Theme,
    ) {
        let bottom = rows.end.saturating_sub(1);
        if column.reset {
            rows.for_each(|y| pen.symbol(x, y, '┊', theme.warn));
        } else if column.missing && column.values.is_none() {
            pen.symbol(x, bottom, '·', theme.dim);
        }
    }

    fn draw_marks(&self, pen: &mut Pen<'_>, scale: &Scale, theme: &Theme) {
        let rows = pen.height();
        let right = pen.width().saturating_sub(2);
        let axis = pen.width().saturating_sub(1);
        for y in 0..rows {
            pen.symbol(axis, y, '│', theme.dim);
        }
        let mut free = rows;
        for mark in scale.marks() {
            let y = (scale.level(mark, usize::from(rows) * 4) / 4) as u16;
            if y < free {
                pen.text_right(right, y, &self.unit.write(mark), theme.dim);
                pen.symbol(axis, y, '┤', theme.dim);
                free = y;
            }
        }
    }

    fn draw_times(&self, pen: &mut Pen<'_>, theme: &Theme) {
        let width = pen.width();
        let label = |span: Duration| format!("-{}", cutaway_model::units::duration(span));
        let start = label(self.window.span);
        let end = pen.text(0, 0, &start, theme.dim);
        let now = pen.text_right(width, 0, "now", theme.dim);
        let middle = label(self.window.span / 2);
        let begin = (width / 2).saturating_sub(text::width(&middle) as u16 / 2);
        if begin > end + 2 && begin + (text::width(&middle) as u16) + 2 < now {
            pen.text(begin, 0, &middle, theme.dim);
        }
    }

    /// Room for the marks' labels; none when it would take more than a third.
    fn gutter(&self, scale: &Scale, width: u16) -> u16 {
        let widest = scale
            .marks()
            .map(|mark| text::width(&self.unit.write(mark)))
            .max()
            .unwrap_or(0) as u16;
        let gutter = widest.max(6) + 2;
        if gutter * 3 > width { 0 } else { gutter }
    }

    fn scale(&self, marks: usize) -> Scale {
        Scale::over(self.visible(), self.unit, marks)
    }

    /// The finite values within the window.
    fn visible(&self) -> impl Iterator<Item = f64> {
        let range = self.window.range();
        let shown = self
            .entries
            .iter()
            .filter(move |entry| range.contains(&entry.at()));
        shown
            .filter_map(Entry::value)
            .filter(|value| value.is_finite())
    }

    fn columns(&self, count: usize) -> Vec<Column> {
        let window = self.window.steady(count);
        let mut columns = vec![Column::default(); count];
        let mut before: Option<(i64, f64)> = None;
        let mut unknown_since: Option<i64> = None;
        for entry in self.entries {
            let here = window.column(entry.at(), count);
            match *entry {
                Entry::Sample { value, .. } => {
                    fill_missing(&mut columns, unknown_since.take(), here);
                    join(&mut columns, before, (here, value));
                    before = Some((here, value));
                }
                Entry::Gap { .. } => {
                    before = None;
                    unknown_since = unknown_since.or(Some(here));
                }
                Entry::Reset { .. } => {
                    before = None;
                    unknown_since = None;
                    if let Some(column) = at(&mut columns, here) {
                        column.reset = true;
                    }
                }
            }
        }
        fill_missing(&mut columns, unknown_since, count as i64);
        columns
    }
}

fn at(columns: &mut [Column], index: i64) -> Option<&mut Column> {
    usize::try_from(index)
        .ok()
        .and_then(|index| columns.get_mut(index))
}

fn fill_missing(columns: &mut [Column], since: Option<i64>, until: i64) {
    let Some(since) = since else { return };
    for column in columns
        .iter_mut()
        .take(until.max(0) as usize)
        .skip(since.max(0) as usize)
    {
        column.missing = true;
    }
}

/// Notes a sample, and a straight line to it from the one before.
fn join(columns: &mut [Column], before: Option<(i64, f64)>, (here, value): (i64, f64)) {
    if let Some((there, old)) = before {
        // What lies before the window need not be walked through.
        for between in (there + 1).max(0)..here.min(columns.len() as i64) {
            let share = (between - there) as f64 / (here - there) as f64;
            note(columns, between, old + (value - old) * share);
        }
    }
    note(columns, here, value);
}

fn note(columns: &mut [Column], index: i64, value: f64) {
    if let Some(column) = at(columns, index) {
        let (low, high) = column.values.unwrap_or((value, value));
        column.values = Some((low.min(value), high.max(value)));
    }
}

/// The levels from `here.0` down to `here.1`, stretched to touch those of the column before.
fn joined(before: Option<(usize, usize)>, here: (usize, usize)) -> Range<usize> {
    let (mut top, mut bottom) = here;
    if let Some((old_top, old_bottom)) = before {
        if old_bottom + 1 < top {
            top = old_bottom + 1;
        }
        if old_top > bottom + 1 {
            bottom = old_top - 1;
        }
    }
    top..bottom + 1
}

/// The bit of a braille character for its dot in column 0 or 1, row 0 to 3 from the top.
fn dot_bit(x: usize, y: usize) -> u8 {
    const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    BITS[x][y]
}

impl Scale {
    /// Round numbers around `values`. Zero is among them, unless they are values (not rates) so close to one another that it
    /// would flatten the line beyond reading.
    fn over(values: impl Iterator<Item = f64>, unit: Unit, marks: usize) -> Self {
        let (mut low, mut high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let (wide, flat) = (
            high - low >= high.abs() * 0.25,
            high - low <= high.abs() * 1e-3,
        );
        if wide || flat || unit.is_rate() {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        if high - low <= 0.0 {
            high = low + 1.0;
        }
        let step = unit.step(high - low, marks);
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            step,
        }
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end.
    fn share(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        if span.is_finite() && span > 0.0 {
            ((value - self.low) / span).clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// The same in whole steps from the top: 0 at the high end, `levels - 1` at the low end.
    fn level(&self, value: f64, levels: usize) -> usize {
        let last = levels.saturating_sub(1);
        ((1.0 - self.share(value)) * last as f64).round() as usize
    }

    fn marks(&self) -> impl Iterator<Item = f64> {
        let (low, step) = (self.low, self.step);
        let count = ((self.high - low) / step).round().clamp(0.0, 20.0) as u32;
        (0..=count).map(move |mark| low + step * f64::from(mark))
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::theme::Colors;

    fn sample(seconds: u64, value: f64) -> Entry {
        Entry::Sample {
            at: Duration::from_secs(seconds),
            value,
        }
    }

    fn drawn(
        entries: &[Entry],
        width: u16,
        height: u16,
        draw: impl Fn(&Chart<'_>, &mut Pen<'_>, &Theme),
    ) -> Vec<String> {
        let theme = Theme::new(Colors::None);
        let window = Window {
            end: Duration::from_secs(10),
            span: Duration::from_secs(10),
        };
        let chart = Chart {
            entries,
            window,
            unit: Unit::Count,
            style: theme.curve,
        };
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw(
            &chart,
            &mut Pen::new(&mut buffer, Rect::new(0, 0, width, height)),
            &theme,
        );
        let cells = buffer.content.chunks(usize::from(width.max(1)));
        cells
            .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
            .collect()
    }

    fn bars(entries: &[Entry]) -> Vec<String> {
        drawn(entries, 10, 1, |chart, pen, theme| {
            chart.draw_bars(pen, theme)
        })
    }

    #[test]
    fn bars_rise_with_the_value() {
        let entries: Vec<Entry> = (0..10)
            .map(|second| sample(second, second as f64))
            .collect();
        assert_eq!(
            drawn(&entries, 10, 1, |chart, pen, theme| chart
                .draw_bars(pen, theme)),
            ["▁▁▂▂▃▄▅▆▆▇"]
        );
    }

    #[test]
    fn gaps_and_restarts_are_not_drawn_over() {
        let entries = [
            sample(0, 8.0),
            sample(1, 4.0),
            Entry::Gap {
                at: Duration::from_secs(2),
            },
            sample(5, 8.0),
            Entry::Reset {
                at: Duration::from_secs(6),
            },
            sample(7, 8.0),
            sample(9, 8.0),
        ];
        assert_eq!(bars(&entries), ["▆▃···▆┊▆▆▆"]);
    }

    #[test]
    fn what_does_not_change_is_a_thin_line() {
        let flat = |value| {
            bars(
                &(0..10)
                    .map(|second| sample(second, value))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(flat(7.0), ["──────────"]);
        assert_eq!(flat(0.0), ["▁▁▁▁▁▁▁▁▁▁"]);
    }

    #[test]
    fn a_spike_between_columns_is_kept() {
        let entries: Vec<Entry> = (0..100)
            .map(|at| Entry::Sample {
                at: Duration::from_millis(at * 100),
                value: if at == 55 { 80.0 } else { 1.0 },
            })
            .collect();
        let lines = drawn(&entries, 20, 4, |chart, pen, theme| chart.draw(pen, theme));
        assert!(
            lines[0].contains(|char| ('\u{2801}'..='\u{28ff}').contains(&char)),
            "{lines:#?}"
        );
    }

    #[test]
    fn axes_are_labelled_in_round_numbers() {
        let entries: Vec<Entry> = (0..10)
            .map(|second| sample(second, 37.0 * second as f64))
            .collect();
        let lines = drawn(&entries, 40, 9, |chart, pen, theme| chart.draw(pen, theme));
        assert!(lines[0].starts_with("   400 ┤"), "{lines:#?}");
        assert!(lines[7].starts_with("     0 ┤"), "{lines:#?}");
        assert!(
            lines[8].contains("-10 s") && lines[8].ends_with("now"),
            "{lines:#?}"
        );
    }

    #[test]
    fn any_size_and_any_value_can_be_drawn() {
        let wild = [
            0.0,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            5e-324,
            -1.0,
        ];
        let entries: Vec<Entry> = wild
            .iter()
            .zip(0..)
            .map(|(value, second)| sample(second, *value))
            .collect();
        for width in 0..24 {
            for height in 0..12 {
                drawn(&entries, width, height, |chart, pen, theme| {
                    chart.draw(pen, theme)
                });
                drawn(&entries, width, height, |chart, pen, theme| {
                    chart.draw_bars(pen, theme)
                });
                drawn(&[], width, height, |chart, pen, theme| {
                    chart.draw(pen, theme)
                });
            }
        }
    }

    #[test]
    fn columns_stand_still_while_time_passes() {
        let window = |millis| {
            Window {
                end: Duration::from_millis(millis),
                span: Duration::from_secs(10),
            }
            .steady(10)
        };
        assert_eq!(window(9_100), window(9_900));
        assert_ne!(window(9_100), window(10_100));
    }
}
