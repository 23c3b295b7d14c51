//! Writing into a part of the screen: coordinates are relative to it, and what does not fit is not drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Hit, text};

/// A rectangle of the buffer to draw in. No call on it can panic, whatever the size.
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    /// What places stand for, where somebody wants to know.
    hits: Option<&'a mut Vec<(Rect, Hit)>>,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, area: Rect) -> Self {
        let area = area.intersection(*buffer.area());
        Self {
            buffer,
            area,
            hits: None,
        }
    }

    /// The same, and notes in `hits` what places stand for.
    pub(crate) fn noting(
        buffer: &'a mut Buffer,
        area: Rect,
        hits: &'a mut Vec<(Rect, Hit)>,
    ) -> Self {
        Self {
            hits: Some(hits),
            ..Self::new(buffer, area)
        }
    }

    /// All of this area stands for it.
    pub(crate) fn stands_for(&mut self, hit: Hit) {
        let area = self.area;
        if let Some(hits) = &mut self.hits {
            hits.push((area, hit));
        }
    }

    pub(crate) fn width(&self) -> u16 {
        self.area.width
    }

    pub(crate) fn height(&self) -> u16 {
        self.area.height
    }

    /// The part of this area at `x`, `y`, clipped to it.
    pub(crate) fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Pen<'_> {
        let left = self.area.x.saturating_add(x).min(self.area.right());
        let top = self.area.y.saturating_add(y).min(self.area.bottom());
        let wanted = Rect {
            x: left,
            y: top,
            width,
            height,
        };
        Pen {
            area: wanted.intersection(self.area),
            buffer: self.buffer,
            hits: self.hits.as_deref_mut(),
        }
    }

    /// Writes `words` at `x`, `y`, cut with an ellipsis where they do not fit. Answers where they end.
    pub(crate) fn text(&mut self, x: u16, y: u16, words: &str, style: Style) -> u16 {
        self.text_within(x, y, self.width().saturating_sub(x), words, style)
    }

    /// The same, within `width` columns.
    pub(crate) fn text_within(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        words: &str,
        style: Style,
    ) -> u16 {
        let room = width.min(self.width().saturating_sub(x));
        if room == 0 || y >= self.height() {
            return x;
        }
        let words = text::cut(words, usize::from(room));
        let (end, _) = self.buffer.set_stringn(
            self.area.x + x,
            self.area.y + y,
            words,
            usize::from(room),
            style,
        );
        end - self.area.x
    }

    /// Writes `words` so that they end before `right`. Answers where they begin.
    pub(crate) fn text_right(&mut self, right: u16, y: u16, words: &str, style: Style) -> u16 {
        let right = right.min(self.width());
        let begin = right.saturating_sub(text::width(words) as u16);
        self.text_within(begin, y, right - begin, words, style);
        begin
    }

    /// Writes `words` in the middle of line `y`.
    pub(crate) fn text_centred(&mut self, y: u16, words: &str, style: Style) {
        let begin = self.width().saturating_sub(text::width(words) as u16) / 2;
        self.text(begin, y, words, style);
    }

    /// Puts one character into one cell.
    pub(crate) fn symbol(&mut self, x: u16, y: u16, symbol: char, style: Style) {
        if x >= self.width() || y >= self.height() {
            return;
        }
        if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
            cell.set_char(symbol).set_style(style);
        }
    }

    /// Styles `width` cells of line `y`, leaving what they say.
    pub(crate) fn paint(&mut self, x: u16, y: u16, width: u16, style: Style) {
        let area = self.part(x, y, width, 1).area;
        self.buffer.set_style(area, style);
    }

    /// A horizontal line.
    pub(crate) fn rule(&mut self, y: u16, style: Style) {
        for x in 0..self.width() {
            self.symbol(x, y, '─', style);
        }
    }

    /// Blanks the area: for what is drawn over something else.
    pub(crate) fn clear(&mut self) {
        for y in 0..self.height() {
            for x in 0..self.width() {
                if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
                    cell.reset();
                }
            }
        }
    }
}
