//! Palettes beside the dark one.

use ratatui::style::{Color, Modifier, Style};

use crate::theme::Theme;

impl Theme {
    /// For a light background: the same meanings, in colours dark enough to be read on white.
    pub(crate) fn light() -> Self {
        let bold = |color| fg(color).add_modifier(Modifier::BOLD);
        Self {
            dim: fg(242),
            accent: bold(130),
            good: fg(24),
            warn: bold(130),
            bad: bold(124),
            selected: fg(231).bg(Color::Indexed(25)).add_modifier(Modifier::BOLD),
            matched: fg(231)
                .bg(Color::Indexed(24))
                .add_modifier(Modifier::UNDERLINED),
            curve: fg(25),
            rate: fg(130),
            range: Style::new().bg(Color::Indexed(253)),
            others: [90, 23, 94, 60, 241].map(fg),
            ..Self::indexed()
        }
    }

    /// The strongest contrasts on a dark background: nothing is dimmed.
    pub(crate) fn high_contrast() -> Self {
        let bold = |color| fg(color).add_modifier(Modifier::BOLD);
        Self {
            text: fg(231),
            strong: bold(231),
            dim: fg(252),
            accent: bold(226),
            good: fg(51),
            warn: bold(226),
            bad: fg(231).bg(Color::Indexed(160)).add_modifier(Modifier::BOLD),
            selected: fg(16).bg(Color::Indexed(231)).add_modifier(Modifier::BOLD),
            matched: fg(16)
                .bg(Color::Indexed(226))
                .add_modifier(Modifier::UNDERLINED),
            curve: fg(51),
            rate: fg(226),
            range: Style::new().bg(Color::Indexed(240)),
            others: [213, 117, 120, 223, 250].map(fg),
            ..Self::indexed()
        }
    }
}

fn fg(color: u8) -> Style {
    Style::new().fg(Color::Indexed(color))
}
