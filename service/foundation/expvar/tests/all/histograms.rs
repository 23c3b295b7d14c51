//! Quantiles against the truth, and recording from many threads.

use std::thread;

use expvar::{Histogram, Snapshot};

/// A fixed sequence of pseudo-random numbers (xorshift64*).
fn random(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    })
}

fn recorded(values: &[u64]) -> Snapshot {
    let histogram = Histogram::default();
    for &value in values {
        histogram.record(value);
    }
    histogram.snapshot()
}

#[test]
fn quantiles_are_within_a_64th_of_the_truth() {
    let samples: [(&str, Vec<u64>); 6] = [
        ("1 to 1000", (1..=1_000).collect()),
        ("equal", vec![123_456_789; 50]),
        ("any u64", random(1).take(5_000).collect()),
        (
            "log-uniform",
            random(2)
                .zip(random(3))
                .take(5_000)
                .map(|(a, b)| a >> (b % 64))
                .collect(),
        ),
        (
            "two far modes",
            random(4)
                .take(999)
                .map(|r| {
                    if r % 100 == 0 {
                        50_000_000
                    } else {
                        90 + r % 20
                    }
                })
                .collect(),
        ),
        ("extremes", vec![0, 0, 1, u64::MAX - 1, u64::MAX]),
    ];
    for (name, mut values) in samples {
        let seen = recorded(&values);
        values.sort_unstable();
        for q in [
            0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0,
        ] {
            let rank = ((q * values.len() as f64).ceil() as usize).max(1);
            let truth = values[rank - 1];
            let found = seen.quantile(q);
            assert!(
                found.abs_diff(truth) <= truth / 64,
                "{name}: quantile {q} is {truth}, not {found}"
            );
        }
    }
}

#[test]
fn count_sum_and_extremes_are_exact() {
    let values: Vec<u64> = random(5).take(1_000).map(|r| r >> 20).collect();
    let seen = recorded(&values);
    assert_eq!(seen.count, 1_000);
    assert_eq!(seen.sum, values.iter().sum::<u64>());
    assert_eq!(Some(&seen.min), values.iter().min());
    assert_eq!(Some(&seen.max), values.iter().max());
    assert_eq!(
        (seen.quantile(0.0), seen.quantile(1.0)),
        (seen.min, seen.max)
    );
}

#[test]
fn odd_quantiles_are_answered() {
    let seen = recorded(&[10, 20, 30]);
    for (q, expected) in [
        (-1.0, 10),
        (f64::NEG_INFINITY, 10),
        (f64::NAN, 10),
        (2.0, 30),
        (f64::INFINITY, 30),
    ] {
        assert_eq!(seen.quantile(q), expected, "{q}");
    }
    assert_eq!(Snapshot::default().quantile(0.5), 0);
    assert_eq!(Snapshot::default().mean().to_bits(), 0f64.to_bits());
}

#[test]
fn rounding_does_not_move_a_rank() {
    let seen = recorded(&(1..=30).collect::<Vec<_>>());
    // In floating point 0.7 × 30 and 0.1 × 30 may end up above 21 and 3.
    for (q, rank) in [(0.1, 3), (0.7, 21), (0.9, 27), (29.0 / 30.0, 29)] {
        assert_eq!(seen.quantile(q), rank);
    }
}

#[test]
fn a_difference_shows_the_last_values_only() {
    let histogram = Histogram::default();
    (0..1_000).for_each(|_| histogram.record(1_000_000));
    let before = histogram.snapshot();
    assert_eq!(histogram.snapshot().since(&before), Snapshot::default());
    (7..=9).for_each(|value| histogram.record(value));
    let last = histogram.snapshot().since(&before);
    assert_eq!(
        (last.count, last.sum, last.min, last.max, last.quantile(0.5)),
        (3, 24, 7, 9, 8)
    );
    assert_eq!(
        histogram.snapshot().since(&Snapshot::default()),
        histogram.snapshot()
    );
}

#[test]
fn cumulative_counts_rise_to_the_whole() {
    let seen = recorded(&[1, 1, 5, 40, 1_000_000]);
    let buckets: Vec<_> = seen.cumulative().collect();
    assert_eq!(buckets[..3], [(1, 2), (5, 3), (40, 4)]);
    assert_eq!(buckets[3].1, 5);
    assert!(buckets[3].0 >= 1_000_000);
}

#[test]
fn no_value_is_lost_between_threads() {
    let histogram = Histogram::default();
    thread::scope(|scope| {
        for seed in 1..=4 {
            let histogram = &histogram;
            scope.spawn(move || {
                random(seed)
                    .take(5_000)
                    .for_each(|r| histogram.record(r >> 30));
            });
        }
        let mut last = 0;
        while last < 20_000 {
            let seen = histogram.snapshot();
            assert!(seen.count >= last);
            assert!(seen.min <= seen.quantile(0.5) && seen.quantile(0.5) <= seen.max);
            last = seen.count;
        }
    });
    let sum = (1..=4)
        .flat_map(|seed| random(seed).take(5_000))
        .map(|r| r >> 30)
        .sum::<u64>();
    assert_eq!(histogram.snapshot().sum, sum);
}

#[test]
fn counts_up_to_any_bound_are_within_a_32nd() {
    let values: Vec<u64> = random(6)
        .zip(random(7))
        .take(3_000)
        .map(|(a, b)| a >> (b % 64))
        .collect();
    let seen = recorded(&values);
    let bounds: Vec<u64> = (0..=19)
        .map(|power| 10u64.pow(power))
        .chain([u64::MAX])
        .collect();
    for (&bound, found) in bounds.iter().zip(seen.up_to(bounds.iter().copied())) {
        let at_most = |bound: u64| values.iter().filter(|&&value| value <= bound).count() as u64;
        let range = at_most(bound)..=at_most(bound.saturating_add(bound / 32));
        assert!(
            range.contains(&found),
            "up to {bound}: {found}, not in {range:?}"
        );
    }
    // Small and round values are counted exactly.
    let seen = recorded(&[1, 10, 100, 1_000, 4_096, 4_096]);
    let counts: Vec<u64> = seen.up_to([0, 1, 9, 10, 63, 100, 4_095, 4_096]).collect();
    assert_eq!(counts, [0, 1, 1, 2, 2, 3, 4, 6]);
}
