//! How `go tool pprof` writes values: units, how they are chosen, and percentages.

/// A family of units: what a profile may call each, and how many of the smallest it is.
struct Family {
    units: &'static [(&'static str, &'static [&'static str], f64)],
}

const BYTES: Family = Family {
    units: &[
        ("B", &["b", "byte"], 1.0),
        ("kB", &["kb", "kbyte", "kilobyte"], 1024.0),
        ("MB", &["mb", "mbyte", "megabyte"], 1_048_576.0),
        ("GB", &["gb", "gbyte", "gigabyte"], 1_073_741_824.0),
        ("TB", &["tb", "tbyte", "terabyte"], 1_099_511_627_776.0),
        ("PB", &["pb", "pbyte", "petabyte"], 1_125_899_906_842_624.0),
    ],
};

const TIME: Family = Family {
    units: &[
        ("ns", &["ns", "nanosecond"], 1.0),
        ("us", &["μs", "us", "microsecond"], 1e3),
        ("ms", &["ms", "millisecond"], 1e6),
        ("s", &["s", "sec", "second"], 1e9),
        ("hrs", &["hour", "hr"], 3_600e9),
    ],
};

/// A unit values are written in.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    name: &'static str,
    /// What a value of the profile is divided by.
    divisor: f64,
}

impl Unit {
    /// The unit that suits `value`, given in the profile's unit `from`: the largest of which it is at least one.
    pub(crate) fn fitting(value: i64, from: &str) -> Self {
        let Some((family, factor)) = find(from) else {
            return Self {
                name: "",
                divisor: 1.0,
            };
        };
        let base = value.unsigned_abs() as f64 * factor;
        let fits = family.units.iter().rev().find(|(.., size)| base >= *size);
        let (name, _, size) = fits.copied().unwrap_or(family.units[0]);
        Self {
            name,
            divisor: size / factor,
        }
    }

    /// A value in nanoseconds, if its unit is one of time.
    pub(crate) fn nanoseconds(value: i64, from: &str) -> Option<i64> {
        let (family, factor) = find(from)?;
        let is_time = family.units[0].0 == TIME.units[0].0;
        is_time.then_some((value as f64 * factor) as i64)
    }

    /// One unit for a whole table: that of the smallest value, unless the largest one is far off; then that of a
    /// hundred times the smallest, so that this reads as 0.01.
    pub(crate) fn for_table(values: impl Iterator<Item = i64>, total: i64, from: &str) -> Self {
        let smallest = values
            .map(i64::unsigned_abs)
            .filter(|value| *value > 0)
            .min();
        let smallest = smallest.map_or(total, |value| i64::try_from(value).unwrap_or(i64::MAX));
        let (small, large) = (Self::fitting(smallest, from), Self::fitting(total, from));
        let hundredfold = smallest.saturating_mul(100);
        if small != large && hundredfold < total {
            Self::fitting(hundredfold, from)
        } else {
            small
        }
    }

    /// `value` in this unit: `1.29s`, `512kB`, `7`, `0`.
    pub(crate) fn write(&self, value: i64) -> String {
        let text = format!("{:.2}", value as f64 / self.divisor);
        match text.trim_end_matches(".00") {
            "0" | "-0" => "0".to_owned(),
            number => format!("{number}{}", self.name),
        }
    }
}

impl Unit {
    /// `value` in this unit with one decimal: `1.3s`, `512.0kB`, `7.0`.
    pub(crate) fn write_tenths(&self, value: i64) -> String {
        format!("{:.1}{}", value as f64 / self.divisor, self.name)
    }
}

/// What share `value` has of `total`: at least two digits, five places wide.
pub(crate) fn percentage(value: i64, total: i64) -> String {
    let share = if total == 0 {
        0.0
    } else {
        (value as f64 / total as f64).abs() * 100.0
    };
    match share {
        99.95..=100.05 => "  100%".to_owned(),
        1.0.. => format!("{share:5.2}%"),
        _ => format!("{:>5}%", two_digits(share)),
    }
}

/// C's `%.2g` for numbers below one.
fn two_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.1e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 {
        let digits = digits.strip_suffix(".0").unwrap_or(digits);
        return format!("{digits}e-{:02}", -exponent);
    }
    let decimals = (1 - exponent).max(0) as usize;
    let fixed = format!("{value:.decimals$}");
    if fixed.contains('.') {
        fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        fixed
    }
}

fn find(unit: &str) -> Option<(&'static Family, f64)> {
    let lower = unit.to_lowercase();
    let singular = if lower.len() > 2 {
        lower.strip_suffix('s').unwrap_or(&lower)
    } else {
        &lower
    };
    [&BYTES, &TIME].into_iter().find_map(|family| {
        let known = family
            .units
            .iter()
            .find(|(_, aliases, _)| aliases.contains(&singular));
        known.map(|(.., size)| (family, *size))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_one_unit() {
        let unit = |values: &[i64], total, from| {
            Unit::for_table(values.iter().copied(), total, from).write(total)
        };
        assert_eq!(
            unit(&[10_000_000, 1_290_000_000], 4_850_000_000, "nanoseconds"),
            "4.85s"
        );
        assert_eq!(
            unit(&[0, 900_000_000], 1_200_000_000, "nanoseconds"),
            "1200ms"
        );
        assert_eq!(unit(&[524_288], 9_120_715, "bytes"), "8906.95kB");
        assert_eq!(unit(&[1, 2], 3, "count"), "3");
        assert_eq!(unit(&[], 5, "microseconds"), "5us");
    }

    #[test]
    fn values_are_short() {
        let unit = Unit::fitting(5_000, "kilobytes");
        assert_eq!(
            [0, 1_024, 5_000, -2_048].map(|value| unit.write(value)),
            ["0", "1MB", "4.88MB", "-2MB"]
        );
    }

    #[test]
    fn percentages_are_those_of_pprof() {
        let cases = [
            (0, "    0%"),
            (100_000, "  100%"),
            (99_960, "  100%"),
            (26_600, "26.60%"),
            (1_000, " 1.00%"),
            (410, " 0.41%"),
            (400, "  0.4%"),
            (4, "0.004%"),
            (996, "    1%"),
        ];
        for (value, text) in cases {
            assert_eq!(percentage(value, 100_000), text);
        }
        assert_eq!(percentage(1, 0), "    0%");
        assert_eq!(percentage(1, 10_000_000), "1e-05%");
    }
}
