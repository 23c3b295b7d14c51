//! When to try again: soon, then less often, never rarer than the target would be read anyway.

use std::time::Duration;

/// The first wait is at most this long.
const FIRST: Duration = Duration::from_millis(250);

/// The wait after the `failures`-th failure in a row: doubling from a quarter of a second up to `interval`, of which a
/// random part between half and all is waited, so that thousands of targets do not knock in step. `random` is in 0..1.
///
/// Never longer than `interval`: a target that recovers is seen within one.
pub(crate) fn wait(failures: u32, interval: Duration, random: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let whole = FIRST.saturating_mul(1 << doublings).min(interval);
    whole.mul_f64(f64::midpoint(1.0, random.clamp(0.0, 1.0)))
}

/// A sequence of numbers in 0..1 that looks random: SplitMix64, good enough to spread waiting times.
#[derive(Clone, Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    /// The same seed gives the same sequence.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_interval() {
        let waits = |random| {
            [1, 2, 3, 4, 5, 1_000, u32::MAX]
                .map(|n| wait(n, Duration::from_secs(1), random).as_millis())
        };
        assert_eq!(waits(1.0), [250, 500, 1000, 1000, 1000, 1000, 1000]);
        assert_eq!(waits(0.0), [125, 250, 500, 500, 500, 500, 500]);
        assert_eq!(wait(1, Duration::from_millis(50), 1.0).as_millis(), 50);
        assert_eq!(wait(0, Duration::from_secs(1), 1.0).as_millis(), 250);
    }

    #[test]
    fn jitter_is_spread_over_its_range() {
        let mut jitter = Jitter::new(7);
        let numbers: Vec<f64> = (0..1_000).map(|_| jitter.next()).collect();
        assert!(numbers.iter().all(|n| (0.0..=1.0).contains(n)));
        let mean = numbers.iter().sum::<f64>() / 1_000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
