//! Amounts with signs, and shares of the whole.

use ratatui::style::Style;

use crate::state::State;
use crate::unit::{Unit, percent};

/// The unit of the values shown.
pub(super) fn unit(state: &State) -> Unit {
    let measure = state.profiling().measure();
    measure.map_or(Unit::Count, |(_, unit)| unit)
}

/// `+1.2 s`, `−340 ms`, `0`.
pub(super) fn signed(unit: Unit, value: i64) -> String {
    let size = unit.write(value.unsigned_abs() as f64);
    match value {
        0 => size,
        1.. => format!("+{size}"),
        _ => format!("−{size}"),
    }
}

/// How amounts are written and coloured on the screen at hand: as they are, or as changes.
pub(super) struct Amounts<'a> {
    state: &'a State,
    unit: Unit,
    compares: bool,
}

impl<'a> Amounts<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        Self {
            state,
            unit: unit(state),
            compares: state.profiling().compares(),
        }
    }

    pub(super) fn write(&self, value: i64) -> String {
        if self.compares {
            signed(self.unit, value)
        } else {
            self.unit.write(value as f64)
        }
    }

    pub(super) fn share(&self, value: i64) -> String {
        if self.compares {
            signed_share(self.state, value)
        } else {
            share(self.state, value)
        }
    }

    /// What took nothing, or did not change, steps back.
    pub(super) fn style(&self, value: i64) -> Style {
        match value {
            0 => self.state.theme.dim,
            _ if self.compares => self.state.theme.signed(value),
            _ => self.state.theme.text,
        }
    }
}

/// The share of a value in what 100 % stands for.
pub(super) fn share(state: &State, value: i64) -> String {
    let whole = state.profiling().selection.whole.max(1) as f64;
    percent(value.unsigned_abs() as f64 / whole)
}

/// The same with its sign.
pub(super) fn signed_share(state: &State, value: i64) -> String {
    let sign = match value {
        0 => "",
        1.. => "+",
        _ => "−",
    };
    format!("{sign}{}", share(state, value))
}

/// By how much of itself something changed: `new`, `gone`, `+14%`.
pub(super) fn growth(now: i64, base: i64) -> String {
    match (now, base) {
        (0, 0) => String::new(),
        (now, base) if now == base => "same".to_owned(),
        (_, 0) => "new".to_owned(),
        (0, _) => "gone".to_owned(),
        _ => {
            let change = now.saturating_sub(base);
            let sign = if change < 0 { "−" } else { "+" };
            let share = change.unsigned_abs() as f64 / base.unsigned_abs() as f64;
            format!("{sign}{}", percent(share))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_a_sign() {
        assert_eq!(
            [-1_500, 0, 1_500].map(|value| signed(Unit::Count, value)),
            ["−1.5k", "0", "+1.5k"]
        );
        assert_eq!(
            [(5, 0), (0, 5), (3, 2), (1, 2), (2, 2)].map(|(now, base)| growth(now, base)),
            ["new", "gone", "+50%", "−50%", "same"]
        );
    }
}
