//! Growth that does not end.

use std::time::Duration;

use cutaway_model::{At, Series};

/// How a series grew within a window.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Growth {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) span: Duration,
}

/// Into how many parts a window is cut: the least value of each must exceed that of the one before.
const PARTS: u32 = 5;
/// The least share of the whole growth that each part must have.
const LEAST_STEP: f64 = 0.05;

/// How `series` grew in the `span` before `now`, if it rose steadily: the floor rises from each part of the window to the
/// next. What breathes, as a collected heap does, or rises once and stays, does not. `None` also when the window is not
/// covered by samples without a gap.
pub(super) fn steady(series: &Series, now: At, span: Duration) -> Option<Growth> {
    let start = now.checked_sub(span)?;
    let part = span / PARTS;
    let mut floors = [f64::INFINITY; PARTS as usize];
    let mut last = None;
    for entry in series.iter(start..=now) {
        let value = entry.value()?;
        let into = entry.at().saturating_sub(start).as_secs_f64() / part.as_secs_f64();
        let floor = &mut floors[(into as usize).min(PARTS as usize - 1)];
        *floor = floor.min(value);
        last = Some(value);
    }
    let total = floors[floors.len() - 1] - floors[0];
    // A step that is then held, with a little noise, is no growth.
    let least = total * LEAST_STEP;
    let rises = total.is_finite()
        && total > 0.0
        && floors.windows(2).all(|pair| pair[1] - pair[0] >= least);
    rises.then_some(Growth {
        from: floors[0],
        to: last?,
        span,
    })
}

/// How much more than at the beginning of the `span` before `now` it is at its end.
pub(super) fn risen(series: &Series, now: At, span: Duration) -> f64 {
    let values = series.iter(now.saturating_sub(span)..=now);
    let mut values = values.filter_map(|entry| entry.value());
    let first = values.next().unwrap_or(0.0);
    (values.next_back().unwrap_or(first) - first).max(0.0)
}

/// How much a counter grew per second in the `span` before `now`; `None` over less than half of it, a gap or a restart.
pub(super) fn rate(series: &Series, now: At, span: Duration) -> Option<f64> {
    let start = now.saturating_sub(span + span / 10);
    let mut entries = series.iter(start..=now);
    let first = entries.next()?;
    let mut grown = 0.0;
    let (mut before, mut last) = (first.value()?, first.at());
    for entry in entries {
        let value = entry.value()?;
        // A counter that falls started again from zero.
        grown += if value >= before {
            value - before
        } else {
            value
        };
        (before, last) = (value, entry.at());
    }
    let covered = last.saturating_sub(first.at());
    (covered >= span / 2).then(|| grown / covered.as_secs_f64())
}

/// The least value in the `span` before `now`, if there were at least `samples` of them without a gap.
pub(super) fn floor(series: &Series, now: At, span: Duration, samples: usize) -> Option<f64> {
    let mut least = f64::INFINITY;
    let mut count = 0;
    for entry in series.iter(now.saturating_sub(span)..=now) {
        least = least.min(entry.value()?);
        count += 1;
    }
    (count >= samples).then_some(least)
}

/// How many samples in the `span` before `now` are at least `bar`, of how many, and the greatest.
pub(super) fn above(series: &Series, now: At, span: Duration, bar: f64) -> (usize, usize, f64) {
    let values = series.iter(now.saturating_sub(span)..=now);
    values
        .filter_map(|entry| entry.value())
        .fold((0, 0, 0.0_f64), |(over, all, most), value| {
            (over + usize::from(value >= bar), all + 1, most.max(value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    fn series(values: impl Fn(u64) -> f64) -> Series {
        let mut series = Series::new(100);
        for second in 0..=30 {
            series.push(Duration::from_secs(second), values(second));
        }
        series
    }

    fn grown(values: impl Fn(u64) -> f64) -> Option<(f64, f64)> {
        let growth = steady(&series(values), Duration::from_secs(30), TEN)?;
        Some((growth.from, growth.to))
    }

    #[test]
    fn only_what_keeps_rising_grows() {
        assert_eq!(grown(|at| at as f64), Some((20.0, 30.0)));
        assert_eq!(grown(|at| (at % 8) as f64), None);
        assert_eq!(grown(|at| if at > 24 { 9.0 } else { 1.0 }), None);
        // Sawtooth on a slope.
        assert!(grown(|at| (at * 3 + at % 2) as f64).is_some());
        assert_eq!(grown(|_| 7.0), None);
    }

    #[test]
    fn gaps_say_nothing() {
        let mut gap = series(|at| at as f64);
        gap.gap(Duration::from_secs(31));
        assert_eq!(steady(&gap, Duration::from_secs(31), TEN), None);
        assert_eq!(rate(&gap, Duration::from_secs(31), TEN), None);
    }

    #[test]
    fn rates_are_taken_over_the_window() {
        let counter = series(|at| at as f64 * 7.0);
        assert_eq!(rate(&counter, Duration::from_secs(30), TEN), Some(7.0));
        let reset = series(|at| if at < 25 { at as f64 } else { (at - 25) as f64 });
        let rate = rate(&reset, Duration::from_secs(30), TEN).expect("covered");
        assert!((rate - 0.9).abs() < 0.11, "{rate}");
    }
}
