//! Quantiles of buckets, as Prometheus computes them.

use exposition::{Bucket, parse, quantile};

const INF: f64 = f64::INFINITY;

/// Bounds and counts, the quantile asked for, and its value.
type Case<'a> = (&'a [(f64, f64)], f64, Option<f64>);

fn buckets(of: &[(f64, f64)]) -> Vec<Bucket> {
    of.iter().map(|&(le, count)| Bucket { le, count }).collect()
}

#[test]
fn agrees_with_histogram_quantile() {
    // Expectations computed by hand from the rule that Prometheus documents for histogram_quantile.
    let testhistogram: &[(f64, f64)] = &[(0.1, 5.0), (0.2, 7.0), (1e0, 10.0), (INF, 12.0)];
    let negative: &[(f64, f64)] = &[(-0.25, 1.0), (-0.1, 2.0), (0.3, 4.0), (INF, 4.0)];
    let cases: &[Case<'_>] = &[
        (testhistogram, 0.0, Some(0.0)),
        (testhistogram, 0.25, Some(0.06)),
        (testhistogram, 5.0 / 12.0, Some(0.1)),
        (testhistogram, 0.5, Some(0.15)),
        (testhistogram, 7.0 / 12.0, Some(0.2)),
        (testhistogram, 0.75, Some(0.2 + 0.8 * 2.0 / 3.0)),
        (testhistogram, 0.9, Some(1.0)),
        (testhistogram, 1.0, Some(1.0)),
        (negative, 0.25, Some(-0.25)),
        (negative, 0.5, Some(-0.1)),
        (negative, 0.75, Some(0.1)),
        (negative, 1.0, Some(0.3)),
        (testhistogram, -0.1, None),
        (testhistogram, 1.1, None),
        (testhistogram, f64::NAN, None),
        (&[], 0.5, None),
        (&[(INF, 4.0)], 0.5, None),
        (&[(0.1, 4.0), (0.2, 5.0)], 0.5, None),
        (&[(0.1, 0.0), (INF, 0.0)], 0.5, None),
        (&[(0.1, 0.0), (INF, 4.0)], 0.5, Some(0.1)),
        (&[(0.1, 0.0), (0.2, 4.0), (INF, 4.0)], 0.0, Some(0.0)),
        // Out of order, a bound twice, a count that falls, a count that is none.
        (
            &[(INF, 12.0), (1.0, 10.0), (0.2, 7.0), (0.1, 5.0)],
            0.5,
            Some(0.15),
        ),
        (
            &[(0.1, 2.0), (0.1, 3.0), (0.2, 7.0), (1.0, 10.0), (INF, 12.0)],
            0.5,
            Some(0.15),
        ),
        (
            &[(0.1, 5.0), (0.2, 7.0), (1.0, 6.0), (INF, 10.0)],
            0.6,
            Some(0.15),
        ),
        (
            &[
                (0.1, 5.0),
                (0.15, f64::NAN),
                (0.2, 7.0),
                (1.0, 10.0),
                (INF, 12.0),
            ],
            0.5,
            Some(0.15),
        ),
    ];
    for (series, q, expected) in cases {
        let found = quantile(*q, &buckets(series));
        let close = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
            (found, expected) => found.is_none() && expected.is_none(),
        };
        assert!(
            close,
            "quantile {q} of {series:?} is {expected:?}, not {found:?}"
        );
    }
}

#[test]
fn distributions_are_told_apart_by_their_labels() {
    let parsed = parse(
        b"# TYPE d histogram
d_bucket{route=\"/a\",le=\"1\",m=\"GET\"} 1
d_bucket{route=\"/a\",m=\"GET\",le=\"+Inf\"} 2
d_bucket{m=\"GET\",route=\"/b\",le=\"+Inf\"} 4
d_bucket{m=\"GET\",route=\"/b\",le=\"0.5\"} 3
d_bucket{le=\"none\"} 1
d_bucket{le=\"NaN\"} 1
d_bucket 1
d_sum{route=\"/a\",le=\"3\"} 1
d_count{route=\"/a\"} 2
",
    );
    let all = parsed.families[0].distributions();
    let found: Vec<_> = all
        .iter()
        .map(|series| (series.labels[1].1.as_str(), series.buckets.clone()))
        .collect();
    assert_eq!(
        found,
        [
            ("/a", buckets(&[(1.0, 1.0), (INF, 2.0)])),
            ("/b", buckets(&[(0.5, 3.0), (INF, 4.0)]))
        ]
    );
    assert_eq!(all[1].quantile(0.375), Some(0.25));
}
