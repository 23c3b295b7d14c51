//! The time axis: round numbers, one unit.

use std::ops::Range;

use crate::{STEP, TimeUnit};

/// Round times within the window, with their labels; at most `most` of them (at least two).
pub(super) fn ticks(unit: TimeUnit, window: &Range<u64>, most: usize) -> Vec<(u64, String)> {
    let length = window.end - window.start;
    let least = match unit {
        TimeUnit::Nanoseconds => 1,
        TimeUnit::Steps => STEP,
    };
    let step = step(length, most.max(2) as u64).max(least);
    let (unit, size) = match unit {
        TimeUnit::Nanoseconds => scale(window.end),
        TimeUnit::Steps => ("", STEP as f64),
    };
    let first = window.start.div_ceil(step) * step;
    std::iter::successors(Some(first), |at| at.checked_add(step))
        .take_while(|at| *at <= window.end)
        .map(|at| (at, label(at, unit, size)))
        .collect()
}

/// The smallest 1, 2 or 5 times a power of ten that gives at most `most` ticks.
fn step(length: u64, most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if length / step < most {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn scale(end: u64) -> (&'static str, f64) {
    match end {
        0..1_000 => ("ns", 1.0),
        1_000..1_000_000 => ("µs", 1e3),
        1_000_000..1_000_000_000 => ("ms", 1e6),
        _ => ("s", 1e9),
    }
}

fn label(at: u64, unit: &str, size: f64) -> String {
    if at == 0 {
        return "0".to_owned();
    }
    let value = format!("{:.3}", at as f64 / size);
    let text = format!(
        "{} {unit}",
        value.trim_end_matches('0').trim_end_matches('.')
    );
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(window: Range<u64>, most: usize) -> String {
        let labels: Vec<String> = ticks(TimeUnit::Nanoseconds, &window, most)
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        labels.join(", ")
    }

    #[test]
    fn ticks_are_round_and_share_a_unit() {
        assert_eq!(
            labels(0..62_300_000, 8),
            "0, 10 ms, 20 ms, 30 ms, 40 ms, 50 ms, 60 ms"
        );
        assert_eq!(labels(0..1, 8), "0, 1 ns");
        assert_eq!(
            labels(0..2_500_000, 6),
            "0, 0.5 ms, 1 ms, 1.5 ms, 2 ms, 2.5 ms"
        );
        assert_eq!(labels(41_000_000..43_000_000, 4), "41 ms, 42 ms, 43 ms");
        assert_eq!(labels(0..90_000_000_000, 3), "0, 50 s");
    }

    #[test]
    fn steps_are_counted() {
        let labels: Vec<String> = ticks(TimeUnit::Steps, &(0..12_000), 8)
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        assert_eq!(labels, ["0", "2", "4", "6", "8", "10", "12"]);
        assert_eq!(ticks(TimeUnit::Steps, &(0..2_000), 8).len(), 3);
    }

    #[test]
    fn the_longest_window_ends() {
        assert!(ticks(TimeUnit::Nanoseconds, &(0..u64::MAX), 5).len() <= 5);
    }
}
