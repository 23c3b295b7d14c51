//! One chart with its title, its axes and its numbers: what the board and a wide tree are made of.

use cutaway_model::{Entry, Path, sanitize};
use ratatui::style::Style;

use super::words::{self, fitting};
use crate::draw::chart::Chart;
use crate::draw::{Pen, text};
use crate::state::State;
use crate::target::Target;
use crate::theme::Theme;
use crate::unit::Unit;
use crate::variable::stats;
use crate::vitals::Vital;

/// What one chart shows.
pub(crate) struct Plot {
    pub(crate) title: String,
    pub(crate) unit: Unit,
    pub(crate) entries: Vec<Entry>,
    pub(crate) last: Option<f64>,
    /// The same of other targets, with their names.
    pub(crate) others: Vec<String>,
    behind: Vec<(Vec<Entry>, Style)>,
}

impl Plot {
    pub(crate) fn of_vital(state: &State, target: &Target, vital: &Vital) -> Self {
        Self {
            title: vital.title.clone(),
            unit: vital.unit,
            entries: vital.entries(target, state.window()),
            last: vital.last(target, state.shown()),
            others: Vec::new(),
            behind: Vec::new(),
        }
    }

    pub(crate) fn of_variable(state: &State, target: &Target, path: &Path) -> Option<Self> {
        let variable = target.variables.get(path)?;
        let rated = state.is_rated(path, variable);
        let entries = variable.entries(rated, state.window());
        Some(Self {
            title: sanitize(&path.to_string()).into_owned(),
            unit: if rated {
                variable.unit.per_second()
            } else {
                variable.unit
            },
            last: entries.last().and_then(Entry::value),
            entries,
            others: Vec::new(),
            behind: Vec::new(),
        })
    }

    /// The chart of `window` in the colour of its unit.
    pub(crate) fn chart(&self, state: &State) -> Chart<'_> {
        let style = style_of(self.unit, &state.theme);
        Chart {
            entries: &self.entries,
            window: state.window(),
            unit: self.unit,
            style,
            behind: &self.behind,
            marked: state.marked(),
        }
    }

    /// Lays the same number of other targets behind it, as many as there are colours.
    pub(crate) fn over(mut self, state: &State, plot: impl Fn(&Target) -> Option<Self>) -> Self {
        let others = crate::fleet::order(state)
            .iter()
            .copied()
            .filter(|at| *at != state.selected);
        let plots = others.filter_map(|at| {
            let target = &state.targets[at];
            Some((target.info.name.clone(), plot(target)?))
        });
        for ((name, plot), style) in plots.zip(state.theme.others) {
            self.others.push(name);
            self.behind.push((plot.entries, style));
        }
        self
    }

    /// Title and value, chart, numbers. `mark` stands before the title.
    pub(crate) fn draw(
        &self,
        state: &State,
        mark: &str,
        selected: bool,
        live: bool,
        pen: &mut Pen<'_>,
    ) {
        let theme = &state.theme;
        let (width, height) = (pen.width().saturating_sub(2), pen.height());
        if selected {
            pen.symbol(0, 0, '▌', theme.accent);
        }
        let last = self
            .last
            .map_or_else(|| "–".to_owned(), |last| self.unit.write(last));
        let begin = pen.text_right(width, 0, &last, if live { theme.strong } else { theme.dim });
        let room = begin.saturating_sub(2);
        let title = text::cut_front(
            &self.title,
            usize::from(room).saturating_sub(text::width(mark)),
        );
        let style = if selected { theme.accent } else { theme.text };
        pen.text_within(1, 0, room, &format!("{mark}{title}"), style);
        let under = u16::from(height >= 6);
        let legend = u16::from(height >= 8 && !self.others.is_empty());
        let rows = height.saturating_sub(1 + under + legend);
        self.chart(state)
            .draw(&mut pen.part(1, 1, width.saturating_sub(1), rows), theme);
        if under > 0 {
            self.draw_numbers(state, &mut pen.part(1, 1 + rows, width, 1));
        }
        if legend > 0 {
            let mut x = 1;
            for (name, (_, style)) in self.others.iter().zip(&self.behind) {
                x = pen.text(x, 1 + rows + under, &format!("⠤ {name}"), *style) + 2;
            }
        }
    }

    /// Least, median, …, greatest within the window.
    pub(crate) fn draw_numbers(&self, state: &State, pen: &mut Pen<'_>) {
        let pieces = words::stats(
            stats(&self.entries, state.measured()),
            self.unit,
            &state.theme,
        );
        let mut x = 0;
        for piece in fitting(pieces, pen.width(), 3) {
            x = pen.text(x, 0, &piece.words, piece.style) + 3;
        }
    }
}

/// Rates and values differ in colour, and in their unit.
fn style_of(unit: Unit, theme: &Theme) -> Style {
    if unit.is_rate() {
        theme.rate
    } else {
        theme.curve
    }
}
