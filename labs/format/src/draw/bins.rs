//! Spans summed up in equal slices of time.

use std::ops::Range;

use crate::{Span, SpanKind};

/// What one row did in one slice of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bin {
    /// Nanoseconds of each kind, in the order of [`SpanKind::ALL`].
    pub(crate) time: [u64; 4],
    /// How many spans touch the slice.
    pub(crate) count: u64,
    /// How many spans start in the slice.
    pub(crate) started: u64,
}

impl Bin {
    pub(crate) fn of(&self, kind: SpanKind) -> u64 {
        self.time[kind as usize]
    }

    /// How long the row is known to have been there. Holding happens beside the other kinds.
    pub(crate) fn alive(&self) -> u64 {
        let others = self.time.iter().sum::<u64>() - self.of(SpanKind::Holding);
        if others == 0 {
            self.of(SpanKind::Holding)
        } else {
            others
        }
    }

    /// The share of the row's time that this kind took.
    pub(crate) fn share(&self, kind: SpanKind) -> f64 {
        match self.alive() {
            0 => 0.0,
            alive => (self.of(kind) as f64 / alive as f64).min(1.0),
        }
    }
}

/// Where slice `index` of `slices` begins.
pub(crate) fn edge(window: &Range<u64>, slices: usize, index: usize) -> u64 {
    let length = u128::from(window.end - window.start);
    window.start + (length * index as u128 / slices.max(1) as u128) as u64
}

/// The slice in which `at` lies.
pub(crate) fn slice_of(window: &Range<u64>, slices: usize, at: u64) -> usize {
    let length = u128::from((window.end - window.start).max(1));
    let offset = u128::from(at.saturating_sub(window.start));
    // The last slice that begins at or before `at`, edges being rounded down.
    let after = ((offset + 1) * slices as u128).div_ceil(length) as usize;
    after.saturating_sub(1).min(slices.saturating_sub(1))
}

/// Sums up the spans in `slices` equal slices of the window.
pub(crate) fn bins<'a>(
    spans: impl IntoIterator<Item = &'a Span>,
    window: &Range<u64>,
    slices: usize,
) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); slices];
    for span in spans {
        let start = span.start_ns.max(window.start);
        let end = span.end_ns.min(window.end);
        if start > end || span.start_ns >= window.end {
            continue;
        }
        let first = slice_of(window, slices, start);
        let last = slice_of(window, slices, end.saturating_sub(1).max(start));
        for (index, bin) in bins.iter_mut().enumerate().take(last + 1).skip(first) {
            let from = start.max(edge(window, slices, index));
            let to = end.min(edge(window, slices, index + 1));
            bin.time[span.kind as usize] += to.saturating_sub(from);
            bin.count += u64::from(span.count);
            bin.started +=
                u64::from(span.count) * u64::from(index == first && span.start_ns >= window.start);
        }
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LaneId;

    fn span(start: u64, end: u64, kind: SpanKind) -> Span {
        Span::new(LaneId(0), start, end, kind, "")
    }

    #[test]
    fn no_time_is_lost_between_slices() {
        let spans = [
            span(0, 33, SpanKind::Waiting),
            span(33, 71, SpanKind::Running),
            span(71, 100, SpanKind::Waiting),
        ];
        for slices in [1, 3, 7, 100, 173] {
            let bins = bins(&spans, &(0..100), slices);
            let sum = |kind| bins.iter().map(|bin| bin.of(kind)).sum::<u64>();
            assert_eq!(sum(SpanKind::Waiting), 62, "{slices} slices");
            assert_eq!(sum(SpanKind::Running), 38, "{slices} slices");
        }
    }

    #[test]
    fn only_the_window_counts() {
        let spans = [
            span(0, 50, SpanKind::Waiting),
            span(50, 60, SpanKind::Running),
        ];
        let bins = bins(&spans, &(40..50), 2);
        assert_eq!(bins.iter().map(Bin::alive).collect::<Vec<_>>(), [5, 5]);
        assert_eq!(bins[0].count, 1);
        assert!((bins[0].share(SpanKind::Waiting) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_span_without_length_is_counted() {
        let bins = bins(&[span(10, 10, SpanKind::Running)], &(0..20), 2);
        assert_eq!((bins[1].count, bins[1].alive()), (1, 0));
    }
}
