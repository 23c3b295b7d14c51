//! What labs have committed: the knobs they have, and runs with their pictures.
//!
//! The book is built without running anything, so each lab commits, in `labs/<lab>/figures/`:
//!
//! | file | written by | holds |
//! |---|---|---|
//! | `knobs.json` | `<lab> --figures` | its [`LabInfo`]: what the page's sliders are made of |
//! | `<name>.json` | `<lab> --figures`, or `--figure <name>` | a whole [`Run`], with machine and date |
//! | `<name>.svg` | the same | its picture, which the page shows; none if nothing was recorded |
//!
//! The project's benchmarks commit results too, which are named `bench/<name>` and have no knobs and no picture: see
//! `bench`.

use super::bench;
use crate::workspace::Workspace;
use lab_format::{Cell, LabInfo, Run, Unit, units};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// The file of a lab's knobs among its figures.
pub const KNOBS: &str = "knobs.json";

/// A committed run and its picture.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The run.
    pub run: Run,
    /// Its picture: one `<svg>` element; none of a run that has recorded nothing.
    pub svg: Option<String>,
}

/// What `lab` says of itself.
pub fn knobs(workspace: &Workspace, lab: &str) -> Result<LabInfo, String> {
    if lab == bench::NAME {
        return Ok(bench::info());
    }
    known(workspace, lab)?;
    let file = workspace.figures(lab).join(KNOBS);
    let info: LabInfo = read(
        workspace,
        &file,
        &format!("cargo run -p {lab} -- --describe json"),
    )?;
    info.check()
        .map_err(|error| format!("{}: {error}", workspace.relative(&file).display()))?;
    if info.name != lab {
        return Err(format!(
            "{} is of {}, not of {lab}",
            workspace.relative(&file).display(),
            info.name
        ));
    }
    Ok(info)
}

/// The committed run `name` of `lab`, if it fits the lab's knobs of today.
pub fn figure(workspace: &Workspace, lab: &str, name: &str) -> Result<Figure, String> {
    if lab == bench::NAME {
        let run = bench::result(workspace, name)?;
        return Ok(Figure { run, svg: None });
    }
    let info = knobs(workspace, lab)?;
    let again = format!("cargo run -p {lab} -- --figure {name}");
    let file = workspace.figures(lab).join(format!("{name}.json"));
    let run: Run = read(workspace, &file, &again)?;
    if run.lab != lab {
        return Err(format!(
            "{} is a run of {}, not of {lab}",
            workspace.relative(&file).display(),
            run.lab
        ));
    }
    fits(&info, &run).map_err(|why| {
        format!(
            "{} is out of date with its lab's knobs: {why}; make it again: {again}",
            workspace.relative(&file).display()
        )
    })?;
    if run.timeline.is_empty() {
        return Ok(Figure { run, svg: None });
    }
    let picture = file.with_extension("svg");
    let svg = std::fs::read_to_string(&picture).map_err(|error| {
        format!(
            "cannot read {}: {error}; make it: {again}",
            workspace.relative(&picture).display()
        )
    })?;
    Ok(Figure {
        run,
        svg: Some(element(&svg).to_owned()),
    })
}

/// The one of `lab`'s figures that was made with the knobs as they stand when nothing is turned.
pub fn of_defaults(workspace: &Workspace, lab: &str) -> Result<String, String> {
    let info = knobs(workspace, lab)?;
    let defaults = info
        .resolve(&lab_format::Knobs::new())
        .map_err(|error| error.to_string())?;
    names(workspace, lab)
        .into_iter()
        .find(|name| figure(workspace, lab, name).is_ok_and(|figure| figure.run.knobs == defaults))
        .ok_or_else(|| {
            format!(
                "{lab} has no committed run with its default knobs; make one (cargo run -p {lab} -- --figure NAME) \
                 or name another: {{{{#lab {lab} NAME}}}}"
            )
        })
}

/// One number of a run as people read it.
///
/// `path` is `ROW/COLUMN` of the report (a row is named by its first cell, the highlighted one
/// also by `*`), `knobs/NAME`, `machine`, `date` or `took`.
pub fn number(run: &Run, path: &str) -> Result<String, String> {
    match path.split_once('/') {
        None if path == "machine" => Ok(run.machine.summary()),
        None if path == "date" => Ok(day(run).to_owned()),
        None if path == "took" => Ok(units::nanos(run.took_ns)),
        Some(("knobs", name)) => knob(run, name).map(|value| value.to_string()),
        Some((row, column)) => {
            let (row, column) = find(run, row, column)?;
            Ok(run.report.text(row, column))
        }
        None => Err(no_number(path)),
    }
}

/// The same as a value to calculate with, in its unit: `ROW/COLUMN`, `knobs/NAME` or `took`.
pub fn value(run: &Run, path: &str) -> Result<(f64, Unit), String> {
    match path.split_once('/') {
        None if path == "took" => Ok((run.took_ns as f64, Unit::Nanoseconds)),
        Some(("knobs", name)) => knob(run, name).map(|value| (value as f64, Unit::Count)),
        Some((row, column)) => {
            let (row, at) = find(run, row, column)?;
            let known = &run.report.columns[at];
            match run.report.cell(row, &known.name).and_then(Cell::number) {
                Some(value) => Ok((value, known.unit)),
                None => Err(format!(
                    "{path:?} is no number: {:?}",
                    run.report.text(row, at)
                )),
            }
        }
        None => Err(no_number(path)),
    }
}

/// A number of a run: as people read it, and to calculate with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Number {
    /// With its unit.
    pub text: String,
    /// In the unit of the report's column; nothing where it is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// All that [`number`] finds in a run, by path: what a page compares with the committed run.
pub fn numbers(run: &Run) -> BTreeMap<String, Number> {
    let report = &run.report;
    let rows = (0..report.rows.len()).map(|index| report.text(index, 0));
    let rows = rows.chain(report.highlight.map(|_| "*".to_owned()));
    let cells = rows.flat_map(|row| {
        let columns = report.columns.iter();
        columns.map(move |column| format!("{row}/{}", column.name))
    });
    let others = ["machine", "date", "took"].map(str::to_owned);
    let knobs = run.knobs.keys().map(|name| format!("knobs/{name}"));
    let paths = cells.chain(knobs).chain(others);
    let found = paths.filter_map(|path| {
        let text = number(run, &path).ok()?;
        let value = value(run, &path).ok().map(|(value, _)| value);
        Some((path, Number { text, value }))
    });
    found.collect()
}

fn no_number(path: &str) -> String {
    format!("{path:?} is no number of a run: use ROW/COLUMN, knobs/NAME, machine, date or took")
}

/// The day of the run: `2026-01-31`.
pub fn day(run: &Run) -> &str {
    run.date.split('T').next().unwrap_or(&run.date)
}

fn knob(run: &Run, name: &str) -> Result<i64, String> {
    run.knobs.get(name).copied().ok_or_else(|| {
        let known: Vec<&str> = run.knobs.keys().map(String::as_str).collect();
        format!("no knob {name:?}; there are {}", known.join(", "))
    })
}

/// Where the cell is: its row and its column.
fn find(run: &Run, row: &str, column: &str) -> Result<(usize, usize), String> {
    let report = &run.report;
    let names: Vec<String> = (0..report.rows.len())
        .map(|index| report.text(index, 0))
        .collect();
    let index = if row == "*" {
        report.highlight
    } else {
        names.iter().position(|name| name == row)
    };
    let index = index.ok_or_else(|| {
        format!(
            "the report has no row {row:?}; there are {}",
            names.join(", ")
        )
    })?;
    let at = report
        .columns
        .iter()
        .position(|known| known.name == column)
        .ok_or_else(|| {
            let known: Vec<&str> = report
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            format!(
                "the report has no column {column:?}; there are {}",
                known.join(", ")
            )
        })?;
    Ok((index, at))
}

fn fits(info: &LabInfo, run: &Run) -> Result<(), String> {
    info.resolve(&run.knobs)
        .map_err(|error| error.to_string())?;
    match info
        .knobs
        .iter()
        .find(|knob| !run.knobs.contains_key(&knob.name))
    {
        Some(missing) => Err(format!("it says nothing of --{}", missing.name)),
        None => Ok(()),
    }
}

fn known(workspace: &Workspace, lab: &str) -> Result<(), String> {
    let labs = workspace.labs();
    if labs.iter().any(|known| known == lab) {
        return Ok(());
    }
    Err(format!(
        "there is no lab {lab:?} in labs/; there are: {}",
        labs.join(", ")
    ))
}

/// The names of `lab`'s committed runs.
pub(crate) fn names(workspace: &Workspace, lab: &str) -> Vec<String> {
    let entries = std::fs::read_dir(workspace.figures(lab))
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != KNOBS)
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    names
}

pub(super) fn read<T: DeserializeOwned>(
    workspace: &Workspace,
    file: &Path,
    again: &str,
) -> Result<T, String> {
    let shown = workspace.relative(file).display();
    let text = std::fs::read(file)
        .map_err(|error| format!("cannot read {shown}: {error}; make it: {again}"))?;
    serde_json::from_slice(&text)
        .map_err(|error| format!("cannot understand {shown}: {error}; make it again: {again}"))
}

/// The `<svg>` element alone: an XML declaration has no place inside a page.
fn element(svg: &str) -> &str {
    svg.find("<svg")
        .map_or(svg, |start| &svg[start..])
        .trim_end()
}
