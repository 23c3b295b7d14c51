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

use super::columns::{Column, columns};
use super::scale::Scale;
use super::{Pen, text};
use crate::theme::Theme;
use crate::unit::Unit;

pub(crate) use super::columns::Window;

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
    /// Lines behind it, on the same axes.
    pub(crate) behind: &'a [(Vec<Entry>, Style)],
    /// A range of time to mark.
    pub(crate) marked: Option<(At, At)>,
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
        for (entries, style) in self.behind {
            let behind = Chart {
                entries,
                style: *style,
                ..*self
            };
            behind.draw_line(&mut pen.part(gutter, 0, width, rows), &scale, theme);
        }
        self.draw_line(&mut pen.part(gutter, 0, width, rows), &scale, theme);
        self.draw_marked(&mut pen.part(gutter, 0, width, height), theme);
        if rows < height {
            self.draw_times(&mut pen.part(gutter, rows, width, 1), theme);
        }
    }

    /// Draws a filled chart of block characters without axes. What does not change is a thin line, so that what does
    /// catches the eye.
    pub(crate) fn draw_bars(&self, pen: &mut Pen<'_>, theme: &Theme) {
        let height = pen.height();
        let scale = self.scale(2);
        self.draw_bars_on(&scale, self.flat_line(height), pen, theme);
    }

    /// The same on a scale that reaches from `low` to `high`, to be compared with others.
    pub(crate) fn draw_bars_within(
        &self,
        (low, high): (f64, f64),
        pen: &mut Pen<'_>,
        theme: &Theme,
    ) {
        let scale = Scale::over([low, high].into_iter(), self.unit, 2);
        self.draw_bars_on(&scale, None, pen, theme);
    }

    fn draw_bars_on(
        &self,
        scale: &Scale,
        flat: Option<(u16, char)>,
        pen: &mut Pen<'_>,
        theme: &Theme,
    ) {
        let (width, height) = (pen.width(), pen.height());
        for (x, column) in (0..width).zip(columns(self.entries, self.window, usize::from(width))) {
            draw_absence(pen, x, height.saturating_sub(1)..height, column, theme);
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
        let columns = columns(self.entries, self.window, dots);
        for (dot, column) in columns.iter().enumerate() {
            draw_absence(pen, (dot / 2) as u16, 0..pen.height(), *column, theme);
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

    /// Paints the columns of the range of time that is marked, at least one.
    fn draw_marked(&self, pen: &mut Pen<'_>, theme: &Theme) {
        let Some((from, to)) = self.marked else {
            return;
        };
        let width = usize::from(pen.width());
        let (first, last) = (self.window.place(from, width), self.window.place(to, width));
        let (Some(first), Some(last)) = (first, last) else {
            return;
        };
        for y in 0..pen.height() {
            pen.paint(first as u16, y, (last - first) as u16 + 1, theme.range);
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
        let behind = self.behind.iter().flat_map(|(entries, _)| entries);
        let shown = self
            .entries
            .iter()
            .chain(behind)
            .filter(move |entry| range.contains(&entry.at()));
        shown
            .filter_map(Entry::value)
            .filter(|value| value.is_finite())
    }
}

/// Restarts are dotted lines over `rows`; unknown values are dots on the lowest row.
fn draw_absence(pen: &mut Pen<'_>, x: u16, rows: Range<u16>, column: Column, theme: &Theme) {
    let bottom = rows.end.saturating_sub(1);
    if column.reset {
        rows.for_each(|y| pen.symbol(x, y, '┊', theme.warn));
    } else if column.missing && column.values.is_none() {
        pen.symbol(x, bottom, '·', theme.dim);
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

#[cfg(test)]
mod tests {
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::layout::Rect;

    use super::*;
    use crate::theme::Colors;

    fn sample(seconds: u64, value: f64) -> Entry {
        let at = Duration::from_secs(seconds);
        Entry::Sample { at, value }
    }

    /// The last ten seconds, with axes or as bars.
    fn drawn(entries: &[Entry], size: (u16, u16), axes: bool) -> Vec<String> {
        let theme = Theme::new(Colors::None);
        let ten = Duration::from_secs(10);
        let window = Window {
            end: ten,
            span: ten,
        };
        let chart = Chart {
            entries,
            window,
            unit: Unit::Count,
            style: theme.curve,
            behind: &[],
            marked: None,
        };
        let area = Rect::new(0, 0, size.0, size.1);
        let mut buffer = Buffer::empty(area);
        let mut pen = Pen::new(&mut buffer, area);
        if axes {
            chart.draw(&mut pen, &theme);
        } else {
            chart.draw_bars(&mut pen, &theme);
        }
        let rows = buffer.content.chunks(usize::from(size.0.max(1)));
        rows.map(|row| row.iter().map(Cell::symbol).collect())
            .collect()
    }

    fn bars(entries: &[Entry]) -> Vec<String> {
        drawn(entries, (10, 1), false)
    }

    #[test]
    fn bars_rise_with_the_value() {
        let entries: Vec<Entry> = (0..10)
            .map(|second| sample(second, second as f64))
            .collect();
        assert_eq!(bars(&entries), ["▁▁▂▂▃▄▅▆▆▇"]);
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
    fn the_gap_before_a_restart_is_still_shown_after_it() {
        let second = Duration::from_secs;
        let entries = [
            sample(0, 4.0),
            sample(1, 8.0),
            Entry::Gap { at: second(2) },
            Entry::Reset { at: second(6) },
            sample(7, 8.0),
            sample(9, 8.0),
        ];
        assert_eq!(bars(&entries), ["▃▆····┊▆▆▆"]);
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
        let value = |at: u64| if at == 55 { 80.0 } else { 1.0 };
        let entry = |at| Entry::Sample {
            at: Duration::from_millis(at * 100),
            value: value(at),
        };
        let lines = drawn(&(0..100).map(entry).collect::<Vec<_>>(), (20, 4), true);
        let dotted = |char| ('\u{2801}'..='\u{28ff}').contains(&char);
        assert!(lines[0].contains(dotted), "{lines:#?}");
    }

    #[test]
    fn axes_are_labelled_in_round_numbers() {
        let entries: Vec<Entry> = (0..10)
            .map(|second| sample(second, 37.0 * second as f64))
            .collect();
        let lines = drawn(&entries, (40, 9), true);
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
        let wild: Vec<Entry> = wild
            .iter()
            .zip(0..)
            .map(|(value, second)| sample(second, *value))
            .collect();
        for size in (0..24).flat_map(|width| (0..12).map(move |height| (width, height))) {
            for entries in [&wild[..], &[]] {
                drawn(entries, size, true);
                drawn(entries, size, false);
            }
        }
    }
}
