//! Numbers for people: three significant digits and a unit.

use std::time::Duration;

use expvar::read::Kind;

/// `value` in the unit its `kind` calls for.
pub fn value(kind: Kind, value: f64) -> String {
    match kind {
        Kind::Bytes => bytes(value),
        Kind::Nanoseconds => nanos(value),
        Kind::Flag => (value != 0.0).to_string(),
        Kind::Counter | Kind::Gauge | Kind::Text | Kind::List => count(value),
    }
}

/// Bytes, 1024-based: `512 B`, `1.5 KiB`, `20 MiB`.
pub fn bytes(value: f64) -> String {
    const UNITS: [&str; 7] = [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"];
    scaled(value, 1024.0, &UNITS)
}

/// A number without a unit: `42`, `0.25`, `12.3k`, `1.5M`.
pub fn count(value: f64) -> String {
    const UNITS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    scaled(value, 1000.0, &UNITS)
}

/// A number per second: `250/s`, `1.5k/s`.
pub fn rate(per_second: f64) -> String {
    count(per_second) + "/s"
}

/// Nanoseconds: `850 ns`, `1.25 ms`, `3.5 s`, `2 min 5 s`, `1 h 2 min`, `3 d 4 h`.
pub fn nanos(value: f64) -> String {
    const UNITS: [&str; 4] = [" ns", " µs", " ms", " s"];
    if !value.is_finite() {
        return not_finite(value);
    }
    if value.abs() < 59.95e9 {
        return scaled(value, 1000.0, &UNITS);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!(
        "{sign}{}",
        long_duration((value.abs() / 1e9).round() as u64)
    )
}

/// A duration, as [`nanos`].
pub fn duration(value: Duration) -> String {
    nanos(value.as_nanos() as f64)
}

fn long_duration(seconds: u64) -> String {
    const STEPS: [(u64, &str, u64, &str); 3] = [
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ];
    let (big, big_name, small, small_name) = STEPS
        .into_iter()
        .find(|step| seconds >= step.0)
        .unwrap_or(STEPS[STEPS.len() - 1]);
    match (seconds / big, seconds % big / small) {
        (whole, 0) => format!("{whole} {big_name}"),
        (whole, rest) => format!("{whole} {big_name} {rest} {small_name}"),
    }
}

fn scaled(value: f64, base: f64, units: &[&str]) -> String {
    if !value.is_finite() {
        return not_finite(value);
    }
    let mut scaled = value;
    let mut unit = 0;
    // 999.6 would be printed as 1000: it belongs to the next unit.
    while scaled.abs() >= base - 0.5 && unit + 1 < units.len() {
        scaled /= base;
        unit += 1;
    }
    if scaled.abs() >= base - 0.5 {
        return exponent(value) + units[0];
    }
    format!("{}{}", three_digits(scaled), units[unit])
}

/// Three digits of a number that is larger than the largest unit: `1.5e24`.
fn exponent(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits}e{power}")
}

fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.0995 || size == 0.0 => 2,
        size if size < 1e-12 => return format!("{value:.0e}"),
        // Leading zeros are not significant.
        size => (2.0 - size.log10().floor()) as usize,
    };
    let text = format!("{value:.decimals$}");
    if decimals == 0 {
        text
    } else {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

fn not_finite(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        value if value > 0.0 => "∞".to_owned(),
        _ => "-∞".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_1024_based() {
        let cases = [
            (0.0, "0 B"),
            (512.0, "512 B"),
            (1023.0, "1023 B"),
            (1023.6, "1 KiB"),
            (1536.0, "1.5 KiB"),
            (20_971_520.0, "20 MiB"),
            (1e24, "1e24 B"),
            (-2048.0, "-2 KiB"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn counts_keep_three_digits() {
        let cases = [
            (0.0, "0"),
            (7.0, "7"),
            (0.25, "0.25"),
            (0.001_234, "0.00123"),
            (42.0, "42"),
            (999.0, "999"),
            (999.7, "1k"),
            (12_345.0, "12.3k"),
            (1_500_000.0, "1.5M"),
            (1.5e24, "1.5e24"),
            (-1e300, "-1e300"),
            (999e18, "999E"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-∞"),
            (-3.5, "-3.5"),
            (1e-20, "1e-20"),
        ];
        for (value, text) in cases {
            assert_eq!(count(value), text);
        }
    }

    #[test]
    fn durations_grow_their_units() {
        let cases = [
            (0.0, "0 ns"),
            (850.0, "850 ns"),
            (1_250_000.0, "1.25 ms"),
            (999_800.0, "1 ms"),
            (3.5e9, "3.5 s"),
            (59.99e9, "1 min"),
            (125e9, "2 min 5 s"),
            (3_720e9, "1 h 2 min"),
            (273_600e9, "3 d 4 h"),
            (-90e9, "-1 min 30 s"),
            (f64::INFINITY, "∞"),
        ];
        for (value, text) in cases {
            assert_eq!(nanos(value), text);
        }
        assert_eq!(duration(Duration::from_secs(1)), "1 s");
    }
}
