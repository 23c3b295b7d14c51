//! Numbers as people read them.

use hdrhistogram::Histogram;

/// p50, p90, p99, p99.9 and the largest, in ns; 0 if nothing was recorded.
pub(super) fn quantiles(latency: &Histogram<u64>) -> [u64; 5] {
    [0.5, 0.9, 0.99, 0.999, 1.0].map(|quantile| {
        if latency.is_empty() {
            0
        } else {
            latency.value_at_quantile(quantile)
        }
    })
}

pub(super) fn per_second(count: u64, elapsed: f64) -> f64 {
    if elapsed > 0.0 {
        count as f64 / elapsed
    } else {
        0.0
    }
}

/// A time with three digits or so.
pub(super) fn human(nanos: u64) -> String {
    let micros = nanos as f64 / 1e3;
    match nanos {
        0 => "-".to_owned(),
        1..1_000_000 => format!("{micros:.0} µs"),
        1_000_000..10_000_000 => format!("{:.2} ms", micros / 1e3),
        10_000_000..1_000_000_000 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        for (nanos, expected) in [
            (0, "-"),
            (812_300, "812 µs"),
            (1_234_000, "1.23 ms"),
            (45_600_000, "46 ms"),
            (2_500_000_000, "2.50 s"),
        ] {
            assert_eq!(human(nanos), expected);
        }
    }
}
