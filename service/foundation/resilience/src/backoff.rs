//! How long to wait before trying again.

use std::time::Duration;

/// Pauses that grow. Each is anything up to a bound that doubles ("full jitter"), so that many who failed together do not
/// come back together; see Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the first pause.
    pub base: Duration,
    /// The bound that no pause exceeds.
    pub cap: Duration,
}

impl Backoff {
    /// The bound of the pause before the retry with this number, counted from 0.
    pub fn bound(&self, retry: u32) -> Duration {
        let factor = 1_u32.checked_shl(retry).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// The pause before the retry with this number, counted from 0. `chance` is between 0 and 1.
    pub fn pause(&self, retry: u32, chance: f64) -> Duration {
        self.bound(retry).mul_f64(chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_cap_and_pauses_are_below() {
        let backoff = Backoff {
            base: Duration::from_millis(100),
            cap: Duration::from_secs(1),
        };
        let bounds = [0, 1, 2, 3, 4, 31, 32, u32::MAX].map(|retry| backoff.bound(retry));
        let expected = [100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000];
        assert_eq!(bounds, expected.map(Duration::from_millis));
        assert_eq!(backoff.pause(2, 0.0), Duration::ZERO);
        assert_eq!(backoff.pause(2, 0.5), Duration::from_millis(200));
        assert_eq!(backoff.pause(2, 7.0), Duration::from_millis(400));
    }
}
