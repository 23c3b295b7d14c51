//! One variable of one target: what it is, its value, its history.

use std::fmt::{self, Write as _};

use cutaway_model::{At, Entry, Kind, Path, Scalar, Series, Source, Stats, sanitize};

use crate::draw::chart::Window;
use crate::unit::Unit;

/// The longest text kept of a value for the screen, in bytes.
const TEXT_LIMIT: usize = 4_000;

/// A variable and its bounded history.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// Where it is read from.
    pub(crate) source: Source,
    /// What it is: declared, or guessed from its name until its values say otherwise.
    pub(crate) kind: Kind,
    /// What it counts.
    pub(crate) unit: Unit,
    /// The newest value.
    value: Scalar,
    /// The value when the display was paused.
    held: Option<Scalar>,
    /// Its numbers over time; empty for text and lists.
    pub(crate) series: Series,
    /// The number of the reading that it was last seen in.
    pub(crate) seen: u64,
    /// Whether the newest reading has it.
    pub(crate) present: bool,
}

impl Variable {
    pub(crate) fn new(
        path: &Path,
        source: Source,
        kind: Kind,
        value: Scalar,
        history: usize,
    ) -> Self {
        Self {
            source,
            kind,
            unit: Unit::of(path, kind),
            value,
            held: None,
            series: Series::new(history),
            seen: 0,
            present: true,
        }
    }

    /// Notes a value. A counter that falls without a restart never was one, unless the source says so.
    pub(crate) fn take(&mut self, at: At, value: &Scalar, declared: bool) {
        if let Some(number) = number(value) {
            let before = self
                .series
                .iter(..)
                .next_back()
                .and_then(|entry| entry.value());
            if self.kind == Kind::Counter
                && !declared
                && before.is_some_and(|before| number < before)
            {
                self.kind = Kind::Gauge;
            }
            self.series.push(at, number);
        }
        if self.value != *value {
            self.value = value.clone();
        }
        self.present = true;
    }

    /// Keeps showing the present value, whatever comes; or shows the newest again.
    pub(crate) fn hold(&mut self, held: bool) {
        self.held = held.then(|| self.value.clone());
    }

    /// The value to show.
    pub(crate) fn value(&self) -> &Scalar {
        self.held.as_ref().unwrap_or(&self.value)
    }

    pub(crate) fn number(&self) -> Option<f64> {
        number(self.value())
    }

    /// The newest value as a number, if the newest reading has it.
    pub(crate) fn present_number(&self) -> Option<f64> {
        number(&self.value).filter(|_| self.present)
    }

    /// Whether there is a chart of it.
    pub(crate) fn is_numeric(&self) -> bool {
        number(&self.value).is_some() || self.series.last().is_some()
    }

    /// Its value in few columns: three digits and a unit.
    pub(crate) fn short(&self) -> String {
        match (self.value(), self.number()) {
            (Scalar::Bool(_), _) | (_, None) => self.exact(),
            (_, Some(number)) => self.unit.write(number),
        }
    }

    /// Its value as the source wrote it, cut if it is very long.
    pub(crate) fn exact(&self) -> String {
        let mut text = Bounded(String::new());
        // The error only says that the limit is reached.
        let _ = write!(text, "{}", self.value());
        sanitize(&text.0).into_owned()
    }

    /// What a chart of it shows by default: a counter's growth, else the value.
    pub(crate) fn rated(&self, flipped: bool) -> bool {
        (self.kind == Kind::Counter) != flipped
    }

    /// The history for a chart of `window`.
    pub(crate) fn entries(&self, rate: bool, window: Window) -> Vec<Entry> {
        if rate {
            self.series.rates(window.entries()).collect()
        } else {
            self.series.iter(window.entries()).collect()
        }
    }

    /// Growth per second at the end of `window`, if it is known there.
    pub(crate) fn rate(&self, window: Window) -> Option<f64> {
        if self.held.is_none() {
            return self.series.rate();
        }
        self.series
            .rates(window.range())
            .last()
            .and_then(|entry| entry.value())
    }
}

/// The samples of `entries` that lie within `window`, in numbers.
pub(crate) fn stats(entries: &[Entry], window: Window) -> Option<Stats> {
    let range = window.range();
    Stats::of(
        entries
            .iter()
            .copied()
            .filter(|entry| range.contains(&entry.at())),
    )
}

/// A value as a number: for flags, 1 is true.
pub(crate) fn number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_f64(),
    }
}

/// Collects text up to the limit and then refuses more, so that a huge array costs no more than a small one.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = TEXT_LIMIT.saturating_sub(self.0.len());
        let end = text.floor_char_boundary(room);
        self.0.push_str(&text[..end]);
        if end < text.len() {
            self.0.push('…');
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn variable(name: &str, kind: Kind, value: Scalar) -> Variable {
        Variable::new(&name.into(), Source::Expvar, kind, value, 10)
    }

    fn whole(number: u64) -> Scalar {
        Scalar::Number(cutaway_model::Number::U64(number))
    }

    #[test]
    fn a_counter_that_falls_is_a_gauge() {
        let mut hits = variable("hits", Kind::Counter, whole(0));
        for (second, value, kind) in [
            (1, 5, Kind::Counter),
            (2, 9, Kind::Counter),
            (3, 4, Kind::Gauge),
        ] {
            hits.take(Duration::from_secs(second), &whole(value), false);
            assert_eq!(hits.kind, kind);
        }
    }

    #[test]
    fn a_restart_or_a_declaration_keeps_it_a_counter() {
        let mut hits = variable("hits", Kind::Counter, whole(0));
        hits.take(Duration::from_secs(1), &whole(9), false);
        hits.series.reset(Duration::from_secs(2));
        hits.take(Duration::from_secs(2), &whole(1), false);
        hits.take(Duration::from_secs(3), &whole(0), true);
        assert_eq!(hits.kind, Kind::Counter);
    }

    #[test]
    fn while_held_it_shows_what_it_was() {
        let mut hits = variable("hits", Kind::Gauge, whole(7));
        hits.hold(true);
        hits.take(Duration::from_secs(1), &whole(8), false);
        assert_eq!(hits.short(), "7");
        hits.hold(false);
        assert_eq!(hits.short(), "8");
    }

    #[test]
    fn huge_and_hostile_values_become_short_and_harmless() {
        let list = Scalar::Array(vec![Scalar::Text("\u{1b}[31mred".to_owned()); 100_000]);
        let text = variable("list", Kind::List, list).exact();
        assert!(text.len() < TEXT_LIMIT * 2 && text.ends_with('…'));
        assert!(!text.contains('\u{1b}'));
    }
}
