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
    /// Whether its name says that it only grows.
    accumulates: bool,
    /// Whether its values fell once without a restart: then it does not only grow, whatever its name says.
    fell: bool,
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
            accumulates: kind == Kind::Counter || accumulates(path, kind),
            fell: false,
            value,
            held: None,
            series: Series::new(history),
            seen: 0,
            present: true,
        }
    }

    /// Notes a value. What falls without a restart is no counter, unless the source says so.
    pub(crate) fn take(&mut self, at: At, value: &Scalar, declared: bool) {
        if let Some(number) = number(value) {
            let before = self
                .series
                .iter(..)
                .next_back()
                .and_then(|entry| entry.value());
            self.fell |= !declared && before.is_some_and(|before| number < before);
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

    /// Whether it only grows, so that its growth says more than its value.
    pub(crate) fn grows(&self) -> bool {
        self.accumulates && !self.fell
    }

    /// Whether it was seen to fall.
    pub(crate) fn fell(&self) -> bool {
        self.fell
    }

    /// What a chart of it shows by default: growth of what grows, else the value.
    pub(crate) fn rated(&self, flipped: bool) -> bool {
        self.grows() != flipped
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

/// Whether an amount of bytes or of time is a total by its name: `TotalAlloc`, `latency_ns.sum`, `cpu_ns`.
fn accumulates(path: &Path, kind: Kind) -> bool {
    let name = path.name().to_lowercase();
    let amount = matches!(kind, Kind::Bytes | Kind::Nanoseconds);
    amount && (name.contains("total") || name == "sum" || name.starts_with("cpu"))
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
        for (second, value, grows) in [(1, 5, true), (2, 9, true), (3, 4, false), (4, 5, false)] {
            hits.take(Duration::from_secs(second), &whole(value), false);
            assert_eq!(hits.grows(), grows);
        }
    }

    #[test]
    fn a_restart_or_a_declaration_keeps_it_a_counter() {
        let mut hits = variable("hits", Kind::Counter, whole(0));
        hits.take(Duration::from_secs(1), &whole(9), false);
        hits.series.reset(Duration::from_secs(2));
        hits.take(Duration::from_secs(2), &whole(1), false);
        hits.take(Duration::from_secs(3), &whole(0), true);
        assert!(hits.grows());
    }

    #[test]
    fn totals_of_bytes_and_time_grow_as_well() {
        for (name, kind, grows) in [
            ("memstats.TotalAlloc", Kind::Bytes, true),
            ("memstats.Alloc", Kind::Bytes, false),
            ("process.cpu_ns", Kind::Nanoseconds, true),
            ("latency_ns.sum", Kind::Nanoseconds, true),
            ("latency_ns.p99", Kind::Nanoseconds, false),
        ] {
            assert_eq!(variable(name, kind, whole(1)).grows(), grows, "{name}");
        }
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
