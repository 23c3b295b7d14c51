//! The unit in which a measure is asked for and shown.

use crate::book::measure::Kind;
use lab_format::units;

/// A unit: its name, and what one of it is in the measure's own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    label: String,
    scale: f64,
}

const KNOWN: [(&str, Kind, f64); 10] = [
    ("ns", Kind::Nanoseconds, 1.0),
    ("µs", Kind::Nanoseconds, 1e3),
    ("ms", Kind::Nanoseconds, 1e6),
    ("s", Kind::Nanoseconds, 1e9),
    ("/s", Kind::PerSecond, 1.0),
    ("B", Kind::Bytes, 1.0),
    ("KiB", Kind::Bytes, 1024.0),
    ("MiB", Kind::Bytes, 1_048_576.0),
    ("%", Kind::Plain, 0.01),
    ("×", Kind::Plain, 1.0),
];

impl Unit {
    /// The unit of that name, if a measure of this kind can be told in it.
    pub(super) fn named(name: &str, kind: Kind) -> Result<Unit, String> {
        if let Some((label, _, scale)) = KNOWN
            .into_iter()
            .find(|known| known.0 == name && known.1 == kind)
        {
            return Ok(Unit {
                label: label.to_owned(),
                scale,
            });
        }
        let fitting: Vec<&str> = KNOWN
            .into_iter()
            .filter(|known| known.1 == kind)
            .map(|known| known.0)
            .collect();
        let known = KNOWN.into_iter().any(|known| known.0 == name);
        if kind != Kind::Plain || known {
            return Err(format!(
                "the measure is {}; {name:?} is none of its units: {}",
                kind.name(),
                fitting.join(", ")
            ));
        }
        // A word for what is counted.
        Ok(Unit {
            label: name.to_owned(),
            scale: 1.0,
        })
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    /// A measure's value in this unit.
    pub(super) fn of(&self, value: f64) -> f64 {
        value / self.scale
    }

    /// A value in this unit, as people read it.
    pub(super) fn text(&self, value: f64) -> String {
        let gap = if ["×", "/s", ""].contains(&self.label.as_str()) {
            ""
        } else {
            " "
        };
        format!("{}{gap}{}", digits(value), self.label)
    }
}

/// Three significant digits, as `theme/predict.js` shows them: a ratio of 1 to 1,000 is not 0.
fn digits(value: f64) -> String {
    let size = value.abs();
    if size >= 0.1 || size == 0.0 {
        return units::digits(value);
    }
    let places = (2.0 - size.log10().floor()) as usize;
    format!("{value:.places$}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_fits_what_is_measured() {
        let text = |name: &str, kind, value: f64| {
            Unit::named(name, kind).map(|unit| unit.text(unit.of(value)))
        };
        let cases = [
            ("ms", Kind::Nanoseconds, 1_500_000.0, Ok("1.5 ms")),
            ("×", Kind::Plain, 0.714_2, Ok("0.71×")),
            ("×", Kind::Plain, 0.000_72, Ok("0.00072×")),
            ("%", Kind::Plain, 0.714_2, Ok("71.4 %")),
            ("orders", Kind::Plain, 1234.0, Ok("1,234 orders")),
            ("/s", Kind::PerSecond, 99.0, Ok("99/s")),
            (
                "ms",
                Kind::Plain,
                1.0,
                Err(
                    "the measure is a count, a share or a ratio; \"ms\" is none of its units: %, ×",
                ),
            ),
            (
                "orders",
                Kind::Bytes,
                1.0,
                Err("the measure is a size; \"orders\" is none of its units: B, KiB, MiB"),
            ),
        ];
        for (name, kind, value, expected) in cases {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(text(name, kind, value), expected, "{name}");
        }
    }
}
