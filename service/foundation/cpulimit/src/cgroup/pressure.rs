//! Pressure stall information: how long work waited for CPU, memory or I/O. v2 only.

use std::path::Path;
use std::time::Duration;

use crate::file::{self, quoted};
use crate::problem::Problem;
use crate::usage::{Pressure, Stall};

/// The pressure on the processes of a cgroup, or nothing if the kernel does not keep account of it for this cgroup.
pub(crate) fn pressure(dir: &Path, resource: &str) -> Result<Option<Pressure>, Problem> {
    let path = dir.join(format!("{resource}.pressure"));
    let Some(text) = file::read_if_supported(&path)? else {
        return Ok(None);
    };
    parse(&text)
        .map(Some)
        .map_err(|fault| Problem::malformed(&path, fault))
}

/// Lines such as `some avg10=0.12 avg60=0.34 avg300=0.56 total=123456`.
fn parse(text: &str) -> Result<Pressure, String> {
    let line = |name| {
        let stall = file::value(text, name).map(stall).transpose();
        stall.map_err(|fault| format!("{name}: {fault}"))
    };
    Ok(Pressure {
        some: line("some")?.ok_or("there is no line that starts with \"some\"")?,
        full: line("full")?,
    })
}

fn stall(fields: &str) -> Result<Stall, String> {
    let field = |name: &str| {
        fields
            .split_whitespace()
            .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
            .ok_or_else(|| format!("{name} is missing in {}", quoted(fields)))
    };
    let share = |name| {
        let percent: f64 = file::parse(field(name)?, "a percentage")?;
        if (0.0..=100.0).contains(&percent) {
            Ok(percent)
        } else {
            Err(format!("{percent} is not a percentage"))
        }
    };
    Ok(Stall {
        percent_10s: share("avg10")?,
        percent_60s: share("avg60")?,
        percent_300s: share("avg300")?,
        total: Duration::from_micros(file::parse(field("total")?, "a number of microseconds")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lines_or_one() {
        let some = "some avg10=1.50 avg60=0.25 avg300=100.00 total=12\n";
        let stall = Stall {
            percent_10s: 1.5,
            percent_60s: 0.25,
            percent_300s: 100.0,
            total: Duration::from_micros(12),
        };
        let pressure = parse(some).expect("valid");
        assert_eq!((pressure.some, pressure.full), (stall, None));
        let both = format!("{some}full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
        let full = parse(&both).expect("valid").full.expect("there is one");
        assert_eq!(full.total, Duration::from_micros(7));
    }

    #[test]
    fn faults_say_what_is_wrong() {
        for (text, fault) in [
            ("", "there is no line that starts with \"some\""),
            ("some avg10=1.5", "some: avg60 is missing in \"avg10=1.5\""),
            (
                "some avg10=x avg60=0 avg300=0 total=1",
                "some: \"x\" is not a percentage",
            ),
            (
                "some avg10=101 avg60=0 avg300=0 total=1",
                "some: 101 is not a percentage",
            ),
            (
                "some avg10=NaN avg60=0 avg300=0 total=1",
                "some: NaN is not a percentage",
            ),
            (
                "some avg10=0 avg60=0 avg300=0 total=-1",
                "some: \"-1\" is not a number of microseconds",
            ),
        ] {
            assert_eq!(parse(text), Err(fault.to_owned()), "{text}");
        }
    }
}
