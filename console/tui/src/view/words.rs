//! Phrases that several regions use.

use std::time::Duration;

use cutaway_model::{Stats, units};
use ratatui::style::Style;

use crate::draw::text;
use crate::theme::Theme;
use crate::unit::Unit;

/// A piece of a line that goes when there is no room; the higher its rank, the sooner.
pub(crate) struct Piece {
    pub(crate) words: String,
    pub(crate) style: Style,
    pub(crate) rank: u8,
}

impl Piece {
    pub(crate) fn new(words: impl Into<String>, style: Style, rank: u8) -> Self {
        Self {
            words: words.into(),
            style,
            rank,
        }
    }
}

/// Drops pieces until the rest, with `gap` columns between them, fits.
pub(crate) fn fitting(mut pieces: Vec<Piece>, columns: u16, gap: usize) -> Vec<Piece> {
    let needed = |pieces: &[Piece]| {
        pieces
            .iter()
            .map(|piece| text::width(&piece.words))
            .sum::<usize>()
            + gap * pieces.len().saturating_sub(1)
    };
    while pieces.len() > 1 && needed(&pieces) > usize::from(columns) {
        let least = (0..pieces.len())
            .rev()
            .max_by_key(|at| pieces[*at].rank)
            .unwrap_or(0);
        pieces.remove(least);
    }
    pieces
}

/// Time that passes before one's eyes: tenths of a second at first, then what [`units::duration`] says.
pub(crate) fn passed(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        units::duration(Duration::from_secs(time.as_secs()))
    }
}

/// Time until something, in whole seconds.
pub(crate) fn remaining(time: Duration) -> String {
    units::duration(Duration::from_secs(time.as_secs_f64().ceil() as u64))
}

/// `3 samples`, `1 sample`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

/// The numbers under a chart.
pub(crate) fn stats(stats: Option<Stats>, unit: Unit, theme: &Theme) -> Vec<Piece> {
    let Some(stats) = stats else {
        return vec![Piece::new("no samples in this time", theme.dim, 0)];
    };
    let named = [
        ("min", stats.min, 2),
        ("p50", stats.p50, 3),
        ("p99", stats.p99, 1),
        ("max", stats.max, 0),
    ];
    named
        .into_iter()
        .map(|(name, value, rank)| {
            Piece::new(format!("{name} {}", unit.write(value)), theme.dim, rank)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_goes_first() {
        let pieces = || {
            vec![
                Piece::new("aaaa", Style::new(), 0),
                Piece::new("bb", Style::new(), 2),
                Piece::new("cc", Style::new(), 1),
            ]
        };
        let left = |columns| {
            fitting(pieces(), columns, 1)
                .into_iter()
                .map(|piece| piece.words)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            [left(10), left(9), left(7), left(6), left(0)],
            ["aaaa bb cc", "aaaa cc", "aaaa cc", "aaaa", "aaaa"]
        );
    }

    #[test]
    fn time_is_said_briefly() {
        assert_eq!(passed(Duration::from_millis(340)), "0.3 s");
        assert_eq!(passed(Duration::from_millis(61_700)), "1 min 1 s");
        assert_eq!(remaining(Duration::from_millis(1_200)), "2 s");
    }
}
