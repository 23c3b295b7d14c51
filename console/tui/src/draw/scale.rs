//! Axes: which values they reach to, in round numbers.

use crate::unit::Unit;

/// The least and the greatest value an axis reaches to, and the distance between its marks.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    /// Round numbers around `values`. Zero is among them, unless they are values (not rates) so close to one another that it
    /// would flatten the line beyond reading.
    pub(super) fn over(values: impl Iterator<Item = f64>, unit: Unit, marks: usize) -> Self {
        let (mut low, mut high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let (wide, flat) = (
            high - low >= high.abs() * 0.25,
            high - low <= high.abs() * 1e-3,
        );
        if wide || flat || unit.is_rate() {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        if high - low <= 0.0 {
            high = low + 1.0;
        }
        let step = unit.step(high - low, marks);
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            step,
        }
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end.
    pub(super) fn share(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        if span.is_finite() && span > 0.0 {
            ((value - self.low) / span).clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// The same in whole steps from the top: 0 at the high end, `levels - 1` at the low end.
    pub(super) fn level(&self, value: f64, levels: usize) -> usize {
        let last = levels.saturating_sub(1);
        ((1.0 - self.share(value)) * last as f64).round() as usize
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = f64> {
        let (low, step) = (self.low, self.step);
        let count = ((self.high - low) / step).round().clamp(0.0, 20.0) as u32;
        (0..=count).map(move |mark| low + step * f64::from(mark))
    }
}
