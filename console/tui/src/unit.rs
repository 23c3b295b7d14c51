//! What a number counts, and how it is written.

use cutaway_model::{Kind, Path, units};

/// The unit of a variable or of a chart.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Things without a unit.
    #[default]
    Count,
    /// 1024-based.
    Bytes,
    /// Time in nanoseconds, Go's and our own habit.
    Nanos,
    /// Time in seconds, Prometheus' habit.
    Seconds,
    /// A share: 1 is all of it.
    Share,
    /// Processors kept busy: 1 is one of them.
    Cores,
    /// Things per second.
    PerSecond,
    /// Bytes per second.
    BytesPerSecond,
    /// Nanoseconds per second: the rate of a clock that counts time spent.
    NanosPerSecond,
    /// Yes or no.
    Flag,
}

impl Unit {
    /// The unit of the variable at `path`, from its kind and its name.
    pub(crate) fn of(path: &Path, kind: Kind) -> Self {
        match kind {
            Kind::Bytes => Self::Bytes,
            Kind::Nanoseconds => Self::Nanos,
            Kind::Flag => Self::Flag,
            _ if matches!(path.name(), "count" | "bucket") => Self::Count,
            Kind::Counter | Kind::Gauge | Kind::Text | Kind::List => path
                .segments()
                .iter()
                .rev()
                .find_map(|segment| by_name(segment))
                .unwrap_or_default(),
        }
    }

    /// The unit of this one's growth per second.
    pub(crate) fn per_second(self) -> Self {
        match self {
            Self::Bytes => Self::BytesPerSecond,
            Self::Nanos => Self::NanosPerSecond,
            Self::Seconds => Self::Cores,
            Self::Count | Self::Share | Self::Cores | Self::Flag => Self::PerSecond,
            rate => rate,
        }
    }

    /// Whether it is about how much happens, so that nothing happening is zero.
    pub(crate) fn is_rate(self) -> bool {
        matches!(
            self,
            Self::PerSecond | Self::BytesPerSecond | Self::NanosPerSecond | Self::Cores
        )
    }

    /// `value` for people, with its unit.
    pub(crate) fn write(self, value: f64) -> String {
        match self {
            Self::Count => units::count(value),
            Self::Bytes => units::bytes(value),
            Self::Nanos => units::nanos(value),
            Self::Seconds => units::nanos(value * 1e9),
            Self::Share | Self::Cores => percent(value),
            Self::PerSecond => units::rate(value),
            Self::BytesPerSecond => units::bytes(value) + "/s",
            Self::NanosPerSecond => units::nanos(value) + "/s",
            Self::Flag => if value == 0.0 { "false" } else { "true" }.to_owned(),
        }
    }

    /// Distance between the marks of an axis that reaches up to about `span` with at most `marks` of them.
    pub(crate) fn step(self, span: f64, marks: usize) -> f64 {
        let rough = span / marks.max(1) as f64;
        match self {
            Self::Bytes | Self::BytesPerSecond => binary_step(rough),
            Self::Nanos | Self::NanosPerSecond => clock_step(rough / 1e9) * 1e9,
            Self::Seconds => clock_step(rough),
            _ => decimal_step(rough),
        }
    }
}

/// A share in percent: `0%`, `0.03%`, `12.5%`.
pub(crate) fn percent(share: f64) -> String {
    units::count(share * 100.0) + "%"
}

fn by_name(segment: &str) -> Option<Unit> {
    let name = segment.strip_suffix("_total").unwrap_or(segment);
    let name = name.strip_suffix("_sum").unwrap_or(name);
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if ends(&["_ns", "_nanos", "_nanoseconds"]) {
        Some(Unit::Nanos)
    } else if ends(&["_bytes"]) {
        Some(Unit::Bytes)
    } else if ends(&["_seconds"]) {
        Some(Unit::Seconds)
    } else if ends(&["_ratio"]) {
        Some(Unit::Share)
    } else {
        None
    }
}

/// The next of 1, 2, 5, 10, 20, …
fn decimal_step(rough: f64) -> f64 {
    if !rough.is_normal() || rough < 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|step| step * power >= rough * 0.999)
        .unwrap_or(10.0);
    step * power
}

/// The next power of two.
fn binary_step(rough: f64) -> f64 {
    if !rough.is_normal() || rough < 1.0 {
        return 1.0;
    }
    2f64.powf(rough.log2().ceil())
}

/// Decimal below a minute, then what clocks show.
fn clock_step(seconds: f64) -> f64 {
    const STEPS: [f64; 10] = [
        60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0, 43_200.0, 86_400.0,
    ];
    if seconds <= 20.0 {
        return decimal_step(seconds);
    }
    let day = 86_400.0;
    STEPS
        .into_iter()
        .find(|step| *step >= seconds)
        .unwrap_or_else(|| decimal_step(seconds / day) * day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_their_unit() {
        for (unit, value, expect) in [
            (Unit::Count, 12_345.0, "12.3k"),
            (Unit::Bytes, 1_536.0, "1.5 KiB"),
            (Unit::Nanos, 1_250_000.0, "1.25 ms"),
            (Unit::Seconds, 0.25, "250 ms"),
            (Unit::Share, 0.125, "12.5%"),
            (Unit::Cores, 1.5, "150%"),
            (Unit::PerSecond, 250.0, "250/s"),
            (Unit::BytesPerSecond, 2_048.0, "2 KiB/s"),
            (Unit::NanosPerSecond, 5e6, "5 ms/s"),
            (Unit::Flag, 1.0, "true"),
        ] {
            assert_eq!(unit.write(value), expect);
        }
    }

    #[test]
    fn names_tell_units() {
        for (path, kind, expect) in [
            ("memstats.Alloc", Kind::Bytes, Unit::Bytes),
            ("http_sent_bytes_total", Kind::Counter, Unit::Bytes),
            ("process_cpu_seconds_total", Kind::Counter, Unit::Seconds),
            ("latency_ns.p99", Kind::Gauge, Unit::Nanos),
            ("requests", Kind::Counter, Unit::Count),
            ("latency_ns.count", Kind::Counter, Unit::Count),
        ] {
            let path: Path = path.parse().expect("a path");
            assert_eq!(Unit::of(&path, kind), expect, "{path}");
        }
    }

    #[test]
    fn steps_are_round() {
        for (unit, span, marks, expect) in [
            (Unit::Count, 400.0, 4, 100.0),
            (Unit::Count, 7.0, 3, 5.0),
            (Unit::Bytes, 3.0 * 1024.0, 3, 1024.0),
            (Unit::Nanos, 3e6, 3, 1e6),
            (Unit::Seconds, 7_000.0, 3, 3_600.0),
            (Unit::Count, 0.0, 3, 1.0),
            (Unit::Count, f64::INFINITY, 3, 1.0),
        ] {
            assert!(
                (unit.step(span, marks) - expect).abs() < expect * 1e-9,
                "{unit:?} {span}"
            );
        }
    }
}
