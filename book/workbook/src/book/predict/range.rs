//! Ranges of a measure, one for each choice: together they cover every value exactly once.

/// From a bound to another, which is not in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Range {
    /// Reads `A..B`, `A..` or `..B`; `never` is none.
    pub(super) fn read(text: &str) -> Result<Option<Range>, String> {
        if text.trim() == "never" {
            return Ok(None);
        }
        let wrong =
            || format!("{text:?} is no range: write \"A..B\", \"A..\", \"..B\" or \"never\"");
        let (low, high) = text.split_once("..").ok_or_else(wrong)?;
        let bound = |text: &str, open: f64| match text.trim() {
            "" => Ok(open),
            text => text
                .parse::<f64>()
                .ok()
                .filter(|bound| bound.is_finite())
                .ok_or_else(wrong),
        };
        let range = Range {
            low: bound(low, f64::NEG_INFINITY)?,
            high: bound(high, f64::INFINITY)?,
        };
        if range.low < range.high {
            return Ok(Some(range));
        }
        Err(format!("the range {text:?} is empty"))
    }

    pub(super) fn holds(self, value: f64) -> bool {
        self.low <= value && value < self.high
    }

    /// For the page: the bounds that there are.
    pub(super) fn attributes(self) -> String {
        let bound = |name: &str, value: f64| {
            if value.is_finite() {
                format!(" data-{name}=\"{value}\"")
            } else {
                String::new()
            }
        };
        format!(
            " data-range{}{}",
            bound("low", self.low),
            bound("high", self.high)
        )
    }
}

/// Whether every value is in exactly one of the ranges, each told with its line; otherwise where it is not.
pub(super) fn check(ranges: &[(Range, usize)]) -> Result<(), (usize, String)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by(|a, b| a.0.low.total_cmp(&b.0.low));
    let mut covered = f64::NEG_INFINITY;
    let mut last = 0;
    for (range, line) in sorted {
        if range.low < covered {
            let message = format!(
                "the ranges overlap: values from {} are in two of them",
                range.low
            );
            return Err((line, message));
        }
        if range.low > covered {
            return Err((line, gap(covered, range.low)));
        }
        (covered, last) = (range.high, line);
    }
    if covered < f64::INFINITY {
        return Err((last, gap(covered, f64::INFINITY)));
    }
    Ok(())
}

fn gap(from: f64, to: f64) -> String {
    let place = match (from.is_finite(), to.is_finite()) {
        (false, false) => "at all".to_owned(),
        (false, true) => format!("below {to}"),
        (true, false) => format!("from {from} on"),
        (true, true) => format!("from {from} to {to}"),
    };
    format!("the ranges leave a gap: no choice is right for values {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(texts: &[&str]) -> Result<(), (usize, String)> {
        let ranges: Vec<(Range, usize)> = texts
            .iter()
            .zip(1..)
            .map(|(text, line)| {
                (
                    Range::read(text).expect("a range").expect("not never"),
                    line,
                )
            })
            .collect();
        check(&ranges)
    }

    #[test]
    fn ranges_cover_everything_once() {
        assert_eq!(checked(&["0.5..2", "..0.5", "2.."]), Ok(()));
        let cases: [(&[&str], usize, &str); 5] = [
            (
                &["..1", "2.."],
                2,
                "the ranges leave a gap: no choice is right for values from 1 to 2",
            ),
            (
                &["..1", "1..2"],
                2,
                "the ranges leave a gap: no choice is right for values from 2 on",
            ),
            (
                &["0..1", "1.."],
                1,
                "the ranges leave a gap: no choice is right for values below 0",
            ),
            (
                &["..2", "1.."],
                2,
                "the ranges overlap: values from 1 are in two of them",
            ),
            (
                &[],
                0,
                "the ranges leave a gap: no choice is right for values at all",
            ),
        ];
        for (texts, line, message) in cases {
            assert_eq!(checked(texts), Err((line, message.to_owned())), "{texts:?}");
        }
    }

    #[test]
    fn a_range_is_half_open() {
        let range = Range::read("-1.5..2").expect("a range").expect("not never");
        assert!(range.holds(-1.5) && range.holds(1.9) && !range.holds(2.0));
        assert_eq!(Range::read("never"), Ok(None));
        for text in ["", "1", "2..1", "a..b", "1..NaN"] {
            assert!(Range::read(text).is_err(), "{text}");
        }
    }
}
