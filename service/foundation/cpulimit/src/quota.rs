use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use crate::decimal::Decimal;

/// What a cgroup may use: so much CPU time, on all CPUs together, in each period.
///
/// The smaller of two is the tighter one, however long the periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// CPU time in each period.
    pub quota: Duration,
    /// The period; never zero.
    pub period: Duration,
    /// CPU time left over in earlier periods that may be used beyond the quota; zero if there is no burst.
    pub burst: Duration,
}

impl Quota {
    /// The quota in CPUs: 150 ms in each 100 ms are 1.5.
    pub fn cores(&self) -> f64 {
        self.quota.as_nanos() as f64 / self.period.as_nanos() as f64
    }

    /// How often one whole CPU fits in, rounded down.
    pub(crate) fn whole_cores(&self) -> u128 {
        self.quota.as_nanos() / self.period.as_nanos()
    }
}

impl Ord for Quota {
    /// By cores; then by the rest, to agree with `==`.
    fn cmp(&self, other: &Self) -> Ordering {
        // Whole numbers, because a third of a CPU is the same in any period. Kernels count in microseconds and 64
        // bits: products of such numbers fit.
        let [mine, others] = [(self, other), (other, self)]
            .map(|(a, b)| a.quota.as_micros().saturating_mul(b.period.as_micros()));
        mine.cmp(&others)
            .then(self.period.cmp(&other.period))
            .then(self.quota.cmp(&other.quota))
            .then(self.burst.cmp(&other.burst))
    }
}

impl PartialOrd for Quota {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Quota {
    /// `150 ms per 100 ms`, `150 ms per 100 ms with a burst of 20 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |duration: Duration| Decimal(duration.as_secs_f64() * 1e3);
        write!(f, "{} ms per {} ms", ms(self.quota), ms(self.period))?;
        if self.burst.is_zero() {
            return Ok(());
        }
        write!(f, " with a burst of {} ms", ms(self.burst))
    }
}
