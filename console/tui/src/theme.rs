//! Colours, in three depths, and none of them carrying meaning alone: each has a glyph or an attribute beside it.
//!
//! Blue and orange tell good from bad, never green and red. Text keeps the terminal's own colour, so that light and dark
//! backgrounds both work.

use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal has.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Colors {
    /// None (`NO_COLOR`): bold, dim, underlined and reversed text only.
    None,
    /// The sixteen that every terminal has.
    Sixteen,
    /// The 256 of xterm.
    #[default]
    Indexed,
}

/// Which colours, on a terminal that has enough of them.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// The strongest contrasts.
    HighContrast,
    /// The sixteen colours that the terminal's own settings rule.
    Sixteen,
}

/// The styles the views draw with.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Theme {
    pub(crate) colors: Colors,
    /// Names, values: what is read.
    pub(crate) text: Style,
    /// Units, labels, rules: what is looked past.
    pub(crate) dim: Style,
    /// The most important words on the screen.
    pub(crate) strong: Style,
    /// The program's own colour: the current tab, keys, titles.
    pub(crate) accent: Style,
    /// A target that answers.
    pub(crate) good: Style,
    /// A target that is late, a limit that was reached.
    pub(crate) warn: Style,
    /// A failure.
    pub(crate) bad: Style,
    /// The row or frame that is selected.
    pub(crate) selected: Style,
    /// A search's matches.
    pub(crate) matched: Style,
    /// A value's chart.
    pub(crate) curve: Style,
    /// A rate's chart.
    pub(crate) rate: Style,
    /// A range of time in a chart.
    pub(crate) range: Style,
    /// Charts of other targets.
    pub(crate) others: [Style; 5],
}

/// Warm backgrounds for frames of one's own code: told apart by lightness more than by hue.
const WARM: [u8; 10] = [208, 214, 220, 173, 179, 215, 222, 172, 209, 178];
/// Paler ones for libraries, so that one's own code stands out.
const PALE: [u8; 8] = [223, 180, 187, 230, 144, 229, 224, 186];
const WARM_SIXTEEN: [Color; 3] = [Color::Yellow, Color::LightYellow, Color::LightRed];
const PALE_SIXTEEN: [Color; 2] = [Color::Gray, Color::White];

impl Theme {
    #[cfg(test)]
    pub(crate) fn new(colors: Colors) -> Self {
        Self::of(colors, Palette::default())
    }

    /// The palette wanted, as far as there are colours for it.
    pub(crate) fn of(colors: Colors, palette: Palette) -> Self {
        match (colors, palette) {
            (Colors::None, _) => Self::plain(),
            (Colors::Sixteen, _) | (_, Palette::Sixteen) => Self::sixteen(),
            (Colors::Indexed, Palette::Dark) => Self::indexed(),
            (Colors::Indexed, Palette::Light) => Self::light(),
            (Colors::Indexed, Palette::HighContrast) => Self::high_contrast(),
        }
    }

    fn plain() -> Self {
        let text = Style::new();
        let bold = text.add_modifier(Modifier::BOLD);
        Self {
            colors: Colors::None,
            text,
            dim: text.add_modifier(Modifier::DIM),
            strong: bold,
            accent: bold,
            good: text,
            warn: bold,
            bad: bold,
            selected: text.add_modifier(Modifier::REVERSED),
            matched: bold.add_modifier(Modifier::UNDERLINED),
            curve: text,
            rate: text,
            range: text.add_modifier(Modifier::REVERSED),
            others: [text.add_modifier(Modifier::DIM); 5],
        }
    }

    fn sixteen() -> Self {
        Self {
            colors: Colors::Sixteen,
            dim: Style::new().fg(Color::DarkGray),
            accent: Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD),
            good: Style::new().fg(Color::Cyan),
            warn: Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD),
            bad: Style::new()
                .fg(Color::LightRed)
                .add_modifier(Modifier::BOLD),
            selected: Style::new()
                .fg(Color::White)
                .bg(Color::Blue)
                .add_modifier(Modifier::BOLD),
            matched: Style::new()
                .fg(Color::Black)
                .bg(Color::Cyan)
                .add_modifier(Modifier::UNDERLINED),
            curve: Style::new().fg(Color::Cyan),
            rate: Style::new().fg(Color::Yellow),
            others: [
                Color::Magenta,
                Color::Blue,
                Color::Green,
                Color::Gray,
                Color::DarkGray,
            ]
            .map(|color| Style::new().fg(color)),
            ..Self::plain()
        }
    }

    pub(crate) fn indexed() -> Self {
        Self {
            colors: Colors::Indexed,
            dim: Style::new().fg(Color::Indexed(244)),
            accent: Style::new()
                .fg(Color::Indexed(208))
                .add_modifier(Modifier::BOLD),
            good: Style::new().fg(Color::Indexed(37)),
            warn: Style::new()
                .fg(Color::Indexed(178))
                .add_modifier(Modifier::BOLD),
            bad: Style::new()
                .fg(Color::Indexed(203))
                .add_modifier(Modifier::BOLD),
            selected: Style::new()
                .fg(Color::Indexed(231))
                .bg(Color::Indexed(24))
                .add_modifier(Modifier::BOLD),
            matched: Style::new()
                .fg(Color::Indexed(231))
                .bg(Color::Indexed(31))
                .add_modifier(Modifier::UNDERLINED),
            curve: Style::new().fg(Color::Indexed(74)),
            rate: Style::new().fg(Color::Indexed(214)),
            range: Style::new().bg(Color::Indexed(238)),
            others: [176, 109, 143, 180, 247].map(|color| Style::new().fg(Color::Indexed(color))),
            ..Self::plain()
        }
    }

    /// What stands for many library frames.
    pub(crate) fn folded(&self) -> Style {
        match self.colors {
            Colors::None => self.dim,
            Colors::Sixteen => Style::new().fg(Color::Black).bg(Color::Gray),
            Colors::Indexed => Style::new().fg(Color::Indexed(235)).bg(Color::Indexed(181)),
        }
    }

    /// A frame of a flame graph: one stable colour for each package.
    pub(crate) fn frame(&self, hash: u64, own: bool) -> Style {
        let pick = |len: usize| (hash % len as u64) as usize;
        match (self.colors, own) {
            (Colors::None, true) => self.strong,
            (Colors::None, false) => self.text,
            (Colors::Sixteen, true) => Style::new()
                .fg(Color::Black)
                .bg(WARM_SIXTEEN[pick(WARM_SIXTEEN.len())])
                .add_modifier(Modifier::BOLD),
            (Colors::Sixteen, false) => Style::new()
                .fg(Color::Black)
                .bg(PALE_SIXTEEN[pick(PALE_SIXTEEN.len())]),
            (Colors::Indexed, true) => Style::new()
                .fg(Color::Indexed(16))
                .bg(Color::Indexed(WARM[pick(WARM.len())]))
                .add_modifier(Modifier::BOLD),
            (Colors::Indexed, false) => Style::new()
                .fg(Color::Indexed(16))
                .bg(Color::Indexed(PALE[pick(PALE.len())])),
        }
    }

    /// A frame of a comparison: the more it grew or shrank, the stronger; orange and blue, which people who cannot see
    /// red and green tell apart. `change` is -1 for all gone to 1 for all new.
    pub(crate) fn change(&self, change: f64) -> Style {
        const LESS: [u8; 3] = [153, 74, 25];
        const MORE: [u8; 3] = [223, 214, 166];
        let step = match change.abs() {
            ..0.01 => None,
            ..0.15 => Some(0),
            ..0.5 => Some(1),
            _ => Some(2),
        };
        let Some(step) = step else {
            return match self.colors {
                Colors::None => self.dim,
                Colors::Sixteen => Style::new().fg(Color::Black).bg(Color::Gray),
                Colors::Indexed => Style::new().fg(Color::Indexed(16)).bg(Color::Indexed(250)),
            };
        };
        let grew = change > 0.0;
        match (self.colors, grew) {
            (Colors::None, true) => self.strong,
            (Colors::None, false) => self.text,
            (Colors::Sixteen, true) => Style::new().fg(Color::Black).bg(Color::Yellow),
            (Colors::Sixteen, false) => Style::new().fg(Color::White).bg(Color::Blue),
            (Colors::Indexed, _) => {
                let background = if grew { MORE[step] } else { LESS[step] };
                let dark = step == 2;
                let text = if dark { 231 } else { 16 };
                Style::new()
                    .fg(Color::Indexed(text))
                    .bg(Color::Indexed(background))
            }
        }
    }

    /// An amount that grew or shrank; its sign says the same.
    pub(crate) fn signed(&self, change: i64) -> Style {
        match change {
            0 => self.dim,
            1.. => self.rate,
            _ => self.curve,
        }
    }

    /// Frames too narrow to draw one by one.
    pub(crate) fn merged(&self) -> Style {
        match self.colors {
            Colors::None => self.dim,
            Colors::Sixteen => Style::new().fg(Color::Gray).bg(Color::DarkGray),
            Colors::Indexed => Style::new().fg(Color::Indexed(250)).bg(Color::Indexed(239)),
        }
    }

    /// Whether frames have a background; without one, their borders are drawn.
    pub(crate) fn paints(&self) -> bool {
        self.colors != Colors::None
    }
}
