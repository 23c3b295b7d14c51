//! The committed results of the project's benchmarks, read as runs: `service/app/tooling/bench/results/<name>.json`.
//!
//! A result has a row for each number, and each its own unit; a report has a unit for each column. So a result's rows become
//! the columns, and the report's rows are `value`, the median, and `low` and `high`, the bounds of its 95 % interval:
//! `{{#number bench/cpu-profile value/CPU per request}}`.

use super::figure;
use crate::workspace::Workspace;
use lab_format::{
    Build, Cell, Column, Knobs, LabInfo, Machine, RUN_VERSION, Report, Run, Timeline, Unit,
};
use serde::Deserialize;

/// What stands where a lab's name does.
pub(super) const NAME: &str = "bench";

const RESULTS: &str = "service/app/tooling/bench/results";

#[derive(Deserialize)]
struct Record {
    date: String,
    seconds: f64,
    machine: Measured,
    rows: Vec<Row>,
}

/// Where it was measured.
#[derive(Deserialize)]
struct Measured {
    cpu: String,
    cores: u32,
    arch: String,
    kernel: String,
    rustc: String,
    profile: String,
    commit: String,
}

#[derive(Deserialize)]
struct Row {
    what: String,
    unit: Name,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// A part of a row's number.
type Part = fn(&Row) -> Option<f64>;

/// The unit of a number, as the benchmarks name it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Percent,
    Nanoseconds,
    Rate,
    Bytes,
    Count,
    Times,
}

impl Name {
    /// The unit of a report, and what one of these is in it.
    fn unit(self) -> (Unit, f64) {
        match self {
            Name::Percent => (Unit::Share, 0.01),
            Name::Nanoseconds => (Unit::Nanoseconds, 1.0),
            Name::Rate => (Unit::PerSecond, 1.0),
            Name::Bytes => (Unit::Bytes, 1.0),
            Name::Count => (Unit::Count, 1.0),
            Name::Times => (Unit::None, 1.0),
        }
    }
}

/// What the benchmarks have for knobs: none.
pub(super) fn info() -> LabInfo {
    LabInfo::new(NAME, "Benchmarks", "What things cost.")
}

/// The committed result `name`.
pub(super) fn result(workspace: &Workspace, name: &str) -> Result<Run, String> {
    let file = workspace.root().join(RESULTS).join(format!("{name}.json"));
    let record: Record = figure::read(workspace, &file, &format!("make bench BENCH={name}"))?;
    Ok(run(name, record))
}

fn run(name: &str, record: Record) -> Run {
    let Record {
        date,
        seconds,
        machine,
        rows,
    } = record;
    let columns = rows
        .iter()
        .map(|row| Column::new(&row.what, row.unit.unit().0));
    let mut report = Report::new(
        [Column::new("result", Unit::None)]
            .into_iter()
            .chain(columns),
    );
    let parts: [(&str, Part); 3] = [
        ("value", |row| row.value),
        ("low", |row| row.low),
        ("high", |row| row.high),
    ];
    for (part, of) in parts {
        let number =
            |row: &Row| of(row).map_or(Cell::Nothing, |value| (value * row.unit.unit().1).into());
        report.row([part.into()].into_iter().chain(rows.iter().map(number)));
    }
    Run {
        version: RUN_VERSION,
        lab: format!("{NAME} {name}"),
        date,
        took_ns: (seconds * 1e9) as u64,
        machine: Machine {
            os: machine
                .kernel
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_lowercase(),
            arch: machine.arch,
            cores: machine.cores,
            cpu: Some(machine.cpu),
        },
        build: Build {
            version: machine.commit,
            rustc: machine.rustc,
            profile: machine.profile,
        },
        knobs: Knobs::new(),
        report,
        timeline: Timeline::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_read_as_a_run() {
        let record = r#"{"date": "2026-01-31T10:00:00Z", "seconds": 2.0,
            "machine": {"cpu": "Some CPU", "cores": 2, "arch": "x86_64", "kernel": "Linux 6.1", "rustc": "rustc 1.95.0",
                        "profile": "dev", "commit": "abc"},
            "rows": [{"what": "CPU, of all", "unit": "percent", "value": 1.5, "low": 1.0, "high": 2.0},
                     {"what": "a/b: time", "unit": "nanoseconds", "value": 1500.0, "low": null, "high": null},
                     {"what": "times", "unit": "times", "value": 3.25, "low": 3.0, "high": 3.5}]}"#;
        let run = run("cost", serde_json::from_str(record).expect("a record"));
        let number = |path| figure::number(&run, path);
        assert_eq!(number("value/CPU, of all").as_deref(), Ok("1.5 %"));
        assert_eq!(number("high/CPU, of all").as_deref(), Ok("2.0 %"));
        assert_eq!(number("value/a/b: time").as_deref(), Ok("1.5 µs"));
        assert_eq!(number("low/a/b: time").as_deref(), Ok("–"));
        assert_eq!(number("value/times").as_deref(), Ok("3.25"));
        assert_eq!(
            number("machine").as_deref(),
            Ok("2 cores, Some CPU, linux x86_64")
        );
        assert_eq!(
            figure::value(&run, "value/CPU, of all"),
            Ok((0.015, Unit::Share))
        );
        assert!(
            number("value/nothing").is_err_and(|why| why.contains("there are result, CPU, of all"))
        );
    }
}
