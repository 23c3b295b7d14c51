//! Numbers as people read them.

/// A duration in the unit that fits: `0 ns`, `850 ns`, `1.2 ms`, `2.5 s`. Three digits at most.
pub fn nanos(ns: u64) -> String {
    let (value, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..999_500 => (ns as f64 / 1e3, "µs"),
        999_500..999_500_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// A number with thousands separated: `12,345`.
pub fn count(value: u64) -> String {
    let plain = value.to_string();
    let mut text = String::with_capacity(plain.len() + plain.len() / 3);
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in binary units: `512 B`, `1.5 KiB`, `2.25 GiB`.
pub fn bytes(value: u64) -> String {
    let mut size = value as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    format!("{} {unit}", digits(size))
}

/// A share between 0 and 1 as a percentage: `0 %`, `0.4 %`, `37 %`, `100 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    // Neither a rounded 0 nor a rounded 100 may claim what is not so.
    if value <= 0.0 || (10.0..99.5).contains(&value) || value >= 100.0 {
        return format!("{value:.0} %");
    }
    format!("{:.1} %", value.clamp(0.1, 99.9))
}

/// Three significant digits, thousands separated.
pub fn digits(value: f64) -> String {
    let size = value.abs();
    if size >= 999.5 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(size.round() as u64));
    }
    let places = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.places$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_take_the_unit_that_fits() {
        let cases: [(u64, &str); 9] = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (12_340, "12.3 µs"),
            (999_499, "999 µs"),
            (999_500, "1 ms"),
            (1_234_567, "1.23 ms"),
            (2_500_000_000, "2.5 s"),
            (1_234_000_000_000, "1,234 s"),
        ];
        for (ns, text) in cases {
            assert_eq!(nanos(ns), text);
        }
    }

    #[test]
    fn counts_and_shares() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.000_01), "0.1 %");
        assert_eq!(percent(0.371), "37 %");
        assert_eq!(percent(0.999_9), "99.9 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(digits(-12_345.6), "-12,346");
        assert_eq!(digits(0.5), "0.5");
        assert_eq!(digits(10.0), "10");
        assert_eq!(digits(100.0), "100");
    }
}
