use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::shard::Padded;

/// A whole number that goes up and down: requests in flight, the depth of a queue.
///
/// Clones share the same value. It wraps around at the ends of `i64`.
#[derive(Debug, Clone, Default)]
pub struct Gauge {
    value: Arc<Padded<AtomicI64>>,
}

impl Gauge {
    /// Replaces the value.
    pub fn set(&self, value: i64) {
        self.value.0.store(value, Ordering::Relaxed);
    }

    /// Adds `delta`, which may be negative.
    pub fn add(&self, delta: i64) {
        self.value.0.fetch_add(delta, Ordering::Relaxed);
    }

    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Takes one away.
    pub fn dec(&self) {
        self.add(-1);
    }

    /// The value now.
    pub fn value(&self) -> i64 {
        self.value.0.load(Ordering::Relaxed)
    }
}

/// A floating-point number: a ratio, a load, a temperature.
///
/// Clones share the same value. JSON has no NaN and no infinities: the document shows them as `null`.
#[derive(Debug, Clone, Default)]
pub struct Float {
    bits: Arc<Padded<AtomicU64>>,
}

impl Float {
    /// Replaces the value.
    pub fn set(&self, value: f64) {
        self.bits.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// Adds `delta`; no concurrent addition is lost.
    pub fn add(&self, delta: f64) {
        let sum = |bits| Some((f64::from_bits(bits) + delta).to_bits());
        // The closure never declines, so this cannot fail.
        let _ = self
            .bits
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
    }

    /// The value now.
    pub fn value(&self) -> f64 {
        f64::from_bits(self.bits.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn gauge_goes_up_and_down() {
        let gauge = Gauge::default();
        gauge.inc();
        gauge.add(10);
        gauge.dec();
        assert_eq!(gauge.value(), 10);
        gauge.set(i64::MIN);
        assert_eq!(gauge.clone().value(), i64::MIN);
    }

    #[test]
    fn no_concurrent_addition_is_lost() {
        let (gauge, float) = (Gauge::default(), Float::default());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5_000 {
                        gauge.add(3);
                        gauge.add(-2);
                        float.add(0.5);
                    }
                });
            }
        });
        assert_eq!(gauge.value(), 20_000);
        assert_eq!(float.value().to_bits(), 10_000f64.to_bits());
    }
}
