//! What a benchmark or a part of the soak found, as it is kept in a file.

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::stats::{Estimate, median};

/// The result of one benchmark or one part of the soak.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its name on the command line.
    pub(crate) name: String,
    /// What was done, in a sentence or two.
    pub(crate) what: String,
    pub(crate) kind: Kind,
    /// When it began, in UTC.
    pub(crate) date: String,
    pub(crate) seconds: f64,
    pub(crate) machine: Machine,
    /// How values and intervals come about.
    pub(crate) method: String,
    pub(crate) rows: Vec<Row>,
    /// What else there is to know, such as a seed.
    pub(crate) notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Bench,
    Soak,
}

/// One number and what it must keep to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) unit: Unit,
    #[serde(flatten)]
    pub(crate) estimate: Estimate,
    pub(crate) limit: Option<Limit>,
    pub(crate) verdict: Verdict,
    /// The unit of the arms' values, if two arms were compared.
    pub(crate) arms_unit: Option<Unit>,
    /// The values of each pair, A first, in the order they were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pairs: Vec<[f64; 2]>,
    /// The single values, if there were no pairs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<f64>,
}

/// What a value counts. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Percent,
    Nanoseconds,
    /// Per second.
    Rate,
    Bytes,
    Count,
    /// So many times something else.
    Times,
}

/// What a value must keep to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// Whether it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The whole interval does.
    Met,
    /// A part of the interval does.
    NotShown,
    /// None of it does.
    Missed,
    /// There is no limit.
    NoLimit,
}

impl Row {
    /// How much larger B is than A, in per cent.
    pub(crate) fn ratio(
        what: &str,
        arms_unit: Unit,
        pairs: Vec<[f64; 2]>,
        limit: Option<Limit>,
    ) -> Row {
        let values: Vec<f64> = pairs.iter().map(|[a, b]| (b / a - 1.0) * 100.0).collect();
        let row = Row::new(what, Unit::Percent, Estimate::of(&values), limit);
        Row {
            arms_unit: Some(arms_unit),
            pairs,
            ..row
        }
    }

    /// How many times A B is.
    pub(crate) fn times(
        what: &str,
        arms_unit: Unit,
        pairs: Vec<[f64; 2]>,
        limit: Option<Limit>,
    ) -> Row {
        let values: Vec<f64> = pairs.iter().map(|[a, b]| b / a).collect();
        let row = Row::new(what, Unit::Times, Estimate::of(&values), limit);
        Row {
            arms_unit: Some(arms_unit),
            pairs,
            ..row
        }
    }

    /// By how much B is larger than A.
    pub(crate) fn difference(
        what: &str,
        unit: Unit,
        pairs: Vec<[f64; 2]>,
        limit: Option<Limit>,
    ) -> Row {
        let values: Vec<f64> = pairs.iter().map(|[a, b]| b - a).collect();
        let row = Row::new(what, unit, Estimate::of(&values), limit);
        Row {
            arms_unit: Some(unit),
            pairs,
            ..row
        }
    }

    /// The median of repeated measurements of one thing.
    pub(crate) fn repeated(what: &str, unit: Unit, values: Vec<f64>, limit: Option<Limit>) -> Row {
        let row = Row::new(what, unit, Estimate::of(&values), limit);
        Row { values, ..row }
    }

    /// Something that was counted.
    pub(crate) fn counted(what: &str, unit: Unit, value: f64, limit: Option<Limit>) -> Row {
        Row::new(what, unit, Estimate::exact(value), limit)
    }

    fn new(what: &str, unit: Unit, estimate: Estimate, limit: Option<Limit>) -> Row {
        Row {
            what: what.to_owned(),
            unit,
            verdict: limit.map_or(Verdict::NoLimit, |limit| limit.verdict(&estimate)),
            estimate,
            limit,
            arms_unit: None,
            pairs: Vec::new(),
            values: Vec::new(),
        }
    }

    /// The medians of A and B.
    pub(crate) fn arms(&self) -> Option<[f64; 2]> {
        let arm = |at: usize| median(&self.pairs.iter().map(|pair| pair[at]).collect::<Vec<_>>());
        (!self.pairs.is_empty()).then(|| [arm(0), arm(1)])
    }
}

impl Limit {
    /// NaN meets nothing.
    pub(crate) fn verdict(self, estimate: &Estimate) -> Verdict {
        let (met, missed) = match self {
            Limit::AtMost(limit) => (estimate.high <= limit, estimate.low > limit),
            Limit::AtLeast(limit) => (estimate.low >= limit, estimate.high < limit),
        };
        match (met, missed) {
            (true, _) => Verdict::Met,
            (_, true) => Verdict::Missed,
            _ => Verdict::NotShown,
        }
    }
}

impl Verdict {
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Verdict::Met | Verdict::NoLimit)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::NotShown => "not shown",
            Verdict::Missed => "**missed**",
            Verdict::NoLimit => "",
        }
    }
}

impl Record {
    /// The rows that do not keep to their limit.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.verdict.is_good())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intervals_bound_decides_and_not_the_median() {
        let estimate = |low, value, high| Estimate { value, low, high };
        for (limit, estimate, verdict) in [
            (Limit::AtMost(2.0), estimate(0.5, 1.0, 1.9), Verdict::Met),
            (
                Limit::AtMost(2.0),
                estimate(0.5, 1.0, 2.1),
                Verdict::NotShown,
            ),
            (Limit::AtMost(2.0), estimate(2.1, 3.0, 4.0), Verdict::Missed),
            (Limit::AtLeast(2.0), estimate(2.0, 3.0, 4.0), Verdict::Met),
            (
                Limit::AtLeast(2.0),
                estimate(1.9, 3.0, 4.0),
                Verdict::NotShown,
            ),
            (
                Limit::AtLeast(2.0),
                estimate(0.0, 1.0, 1.9),
                Verdict::Missed,
            ),
            (
                Limit::AtMost(2.0),
                Estimate::exact(f64::NAN),
                Verdict::NotShown,
            ),
        ] {
            assert_eq!(limit.verdict(&estimate), verdict, "{limit:?} {estimate:?}");
        }
    }

    #[test]
    fn pairs_are_compared_within_themselves() {
        let pairs = vec![[100.0, 101.0], [200.0, 202.0], [50.0, 50.5]];
        let row = Row::ratio(
            "cost",
            Unit::Nanoseconds,
            pairs.clone(),
            Some(Limit::AtMost(2.0)),
        );
        assert!((row.estimate.value - 1.0).abs() < 1e-9, "{row:?}");
        assert_eq!(row.verdict, Verdict::Met);
        assert_eq!(row.arms(), Some([100.0, 101.0]));
        let row = Row::difference("cost", Unit::Nanoseconds, pairs, None);
        assert!((row.estimate.value - 1.0).abs() < 1e-9, "{row:?}");
    }
}
