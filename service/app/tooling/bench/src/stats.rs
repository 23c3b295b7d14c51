//! Medians, and how sure they are.

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// How intervals are made; stands in every result.
pub(crate) const METHOD: &str = "Arms alternate as A B B A A B …; a pair is two neighbours. The value is the median over \
     the pairs of B/A − 1 (or B − A), its interval the 95 % percentile bootstrap of that median (10,000 resamples of the \
     pairs, fixed seed). A limit is met if the interval's bound meets it.";

/// Resamples of the bootstrap.
const RESAMPLES: usize = 10_000;

/// A median and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Estimate {
    /// A number that was counted, not sampled.
    pub(crate) fn exact(value: f64) -> Estimate {
        Estimate {
            value,
            low: value,
            high: value,
        }
    }

    /// The median of `values`, with the 95 % percentile bootstrap of that median. NaN for no values.
    pub(crate) fn of(values: &[f64]) -> Estimate {
        if values.is_empty() {
            return Estimate::exact(f64::NAN);
        }
        let mut random = Random::new(0x5eed);
        let mut resample = vec![0.0; values.len()];
        let mut medians: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                resample.fill_with(|| *random.pick(values));
                median_of(&mut resample)
            })
            .collect();
        medians.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| medians[((RESAMPLES - 1) as f64 * share).round() as usize];
        Estimate {
            value: median(values),
            low: at(0.025),
            high: at(0.975),
        }
    }
}

/// The median; the mean of the two in the middle if their number is even. NaN for no values.
pub(crate) fn median(values: &[f64]) -> f64 {
    median_of(&mut values.to_vec())
}

fn median_of(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if !even {
        return upper;
    }
    let lower = below.iter().copied().max_by(f64::total_cmp);
    lower.map_or(upper, |lower| f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_even_and_nothing() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]).to_bits(), 2.5_f64.to_bits());
        assert!(median(&[]).is_nan());
    }

    /// Of many samples drawn around 0, the interval holds 0 in about 95 of 100 (binomial: 88 to 100 here).
    #[test]
    fn the_interval_holds_the_true_median_as_often_as_it_says() {
        let mut random = Random::new(7);
        let mut uniform = || random.next() as f64 / u64::MAX as f64 - 0.5;
        let held = (0..100)
            .map(|_| Estimate::of(&(0..31).map(|_| uniform()).collect::<Vec<f64>>()))
            .filter(|estimate| estimate.low <= 0.0 && 0.0 <= estimate.high)
            .count();
        assert!((88..=100).contains(&held), "{held}");
    }

    #[test]
    fn the_interval_is_around_the_median_and_the_same_each_time() {
        let values: Vec<f64> = (0..31).map(f64::from).collect();
        let estimate = Estimate::of(&values);
        assert!(estimate.low < 15.0 && estimate.high > 15.0, "{estimate:?}");
        assert_eq!(estimate, Estimate::of(&values));
    }
}
