//! Go's ways of writing durations and byte sizes, which expvarmon's users know.

use std::time::Duration;

/// Reads a duration as Go's `time.ParseDuration` does: `300ms`, `1.5h`, `2h45m`. Negative ones are refused.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let bad = || {
        format!(
            "{} is not a duration; write for example 500ms, 5s or 1m30s",
            text.escape_default()
        )
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let (number, after) = split_at_end(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split_at_end(after, |c| !(c.is_ascii_digit() || c == '.'));
        nanos += number.parse::<f64>().map_err(|_| bad())? * unit_nanos(unit).ok_or_else(bad)?;
        rest = after;
    }
    if text.is_empty() || nanos > i64::MAX as f64 {
        return Err(bad());
    }
    Ok(Duration::from_nanos(nanos as u64))
}

/// Nanoseconds as expvarmon prints them: rounded to whole seconds, milliseconds or microseconds, in the form of Go's
/// `time.Duration`: `1m30s`, `155ms`, `2µs`.
pub(crate) fn rounded_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    let round = |unit: u64| (size.saturating_add(unit / 2)) / unit;
    let text = match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 if round(1_000) < 1_000 => format!("{}µs", round(1_000)),
        1_000..1_000_000_000 if round(1_000_000) < 1_000 => format!("{}ms", round(1_000_000)),
        _ => clock(round(1_000_000_000)),
    };
    format!("{sign}{text}")
}

/// Bytes as expvarmon prints them: 1024-based, one decimal below ten: `9.5MB`, `120GB`.
pub(crate) fn byte_size(bytes: i64) -> String {
    const UNITS: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 10 {
        return format!("{bytes}B");
    }
    let unit = bytes.ilog2() as usize / 10;
    let size = bytes as f64 / 1024_f64.powi(unit as i32);
    let decimals = usize::from(size < 10.0);
    format!("{size:.decimals$}{}", UNITS[unit])
}

fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

fn unit_nanos(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3_600e9,
        _ => return None,
    })
}

fn split_at_end(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let cases = [
            ("5s", 5_000),
            ("300ms", 300),
            ("1.5h", 5_400_000),
            ("1h30m", 5_400_000),
            ("1m0.5s", 60_500),
            ("2000us", 2),
            ("+1s", 1_000),
            ("0", 0),
            ("0s", 0),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "1.2.3s",
            "1d",
            "5 s",
            ".s",
            "1s!",
            "99999999999h",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    /// The expectations are expvarmon's own.
    #[test]
    fn durations_are_printed() {
        let cases = [
            (12, "12ns"),
            (1_000, "1µs"),
            (2_000, "2µs"),
            (1_000_000, "1ms"),
            (155_000_000, "155ms"),
            (1_000_000_000, "1s"),
            (13_000_000_000, "13s"),
            (60_000_000_000, "1m0s"),
            (90_000_000_000, "1m30s"),
            (172_800_000_000_000, "48h0m0s"),
            (63_072_000_000_000_000, "17520h0m0s"),
            (0, "0s"),
            (999_999, "1ms"),
            (1_499_999, "1ms"),
            (999_999_999, "1s"),
            (-1_500_000_000, "-2s"),
            (i64::MIN, "-2562047h47m17s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(rounded_duration(nanos), text);
        }
    }

    /// The expectations are expvarmon's own.
    #[test]
    fn byte_sizes_are_printed() {
        let cases = [
            (0, "0B"),
            (9, "9B"),
            (12, "12B"),
            (1_024, "1.0KB"),
            (1 << 20, "1.0MB"),
            (1 << 30, "1.0GB"),
            (6_815_744, "6.5MB"),
            (128_849_018_880, "120GB"),
            (i64::MAX, "8.0EB"),
            (-5, "-5B"),
        ];
        for (bytes, text) in cases {
            assert_eq!(byte_size(bytes), text);
        }
    }
}
