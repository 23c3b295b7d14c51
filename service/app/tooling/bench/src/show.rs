//! Numbers for people.

use crate::record::Unit;

/// A number for people, with its unit.
pub(crate) fn show(unit: Unit, value: f64) -> String {
    let scaled = |scale: &[(f64, &str)]| {
        let (size, name) = scale
            .iter()
            .find(|(size, _)| value.abs() >= *size)
            .or(scale.last())
            .copied()
            .unwrap_or((1.0, ""));
        format!("{} {name}", digits(value / size))
    };
    match unit {
        Unit::Percent => format!("{value:.2} %"),
        Unit::Nanoseconds => scaled(&[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")]),
        Unit::Bytes => scaled(&[
            (1_073_741_824.0, "GiB"),
            (1_048_576.0, "MiB"),
            (1024.0, "KiB"),
            (1.0, "B"),
        ]),
        Unit::Rate => format!("{}/s", grouped(value)),
        Unit::Count => grouped(value),
        Unit::Times => format!("{} ×", digits(value)),
    }
}

/// Three digits that count.
fn digits(value: f64) -> String {
    let places = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.places$}")
}

/// Whole, with a comma before every three digits.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value <= -0.5 {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        for (unit, value, text) in [
            (Unit::Nanoseconds, 39_412.0, "39.4 µs"),
            (Unit::Nanoseconds, 5.0, "5.00 ns"),
            (Unit::Nanoseconds, -1_500.0, "-1.50 µs"),
            (Unit::Nanoseconds, 0.0, "0.00 ns"),
            (Unit::Nanoseconds, 60e6, "60.0 ms"),
            (Unit::Bytes, 1_048_576.0, "1.00 MiB"),
            (Unit::Percent, 1.005, "1.00 %"),
            (Unit::Rate, 19_870.4, "19,870/s"),
            (Unit::Count, 10_000_000.0, "10,000,000"),
            (Unit::Count, 999.0, "999"),
            (Unit::Times, 31.96, "32.0 ×"),
        ] {
            assert_eq!(show(unit, value), text);
        }
    }
}
