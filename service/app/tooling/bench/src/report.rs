//! Results as files: one JSON document for each, and a page with the tables of all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::record::{Kind, Limit, Record, Row, Unit};
use crate::show::show;

/// The page's file name.
pub(crate) const PAGE: &str = "README.md";

/// Keeps a result under its name, in the place of an earlier one.
pub(crate) fn write(folder: &Path, record: &Record) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let file = folder.join(format!("{}.json", record.name));
    let mut text = serde_json::to_string_pretty(record)?;
    text.push('\n');
    fs::write(&file, text).with_context(|| file.display().to_string())
}

/// Every result in the folder, in the order of `names`; those that nobody names come last.
pub(crate) fn read(folder: &Path, names: &[&str]) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read(&path)?;
            let record: Record =
                serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
            records.push(record);
        }
    }
    let place = |record: &Record| names.iter().position(|name| *name == record.name);
    records.sort_by_key(|record| {
        (
            record.kind,
            place(record).unwrap_or(names.len()),
            record.name.clone(),
        )
    });
    Ok(records)
}

/// The page that shows them.
pub(crate) fn page(records: &[Record]) -> String {
    let mut page = String::from(
        "# Results\n\nMade by `make bench` and `make soak` from the files beside this page; do not edit. Each JSON file also has \
         the values of every single pair.\n",
    );
    if records.is_empty() {
        page.push_str("\nNothing has been measured yet.\n");
    }
    for (kind, title) in [(Kind::Bench, "Benchmarks"), (Kind::Soak, "Soak")] {
        let records: Vec<&Record> = records
            .iter()
            .filter(|record| record.kind == kind)
            .collect();
        if records.is_empty() {
            continue;
        }
        let _ = write!(page, "\n## {title}\n");
        page.push_str(&overview(&records));
        let methods: BTreeSet<&String> = records.iter().map(|record| &record.method).collect();
        for method in methods.into_iter().filter(|method| !method.is_empty()) {
            let _ = write!(page, "\n{method}\n");
        }
        for record in &records {
            page.push_str(&section(record));
        }
    }
    page
}

/// What has a limit, and what two arms were compared for, in one table.
fn overview(records: &[&Record]) -> String {
    let mut text =
        String::from("\n| | | value | 95 % interval | limit | |\n|---|---|--:|--:|--:|---|\n");
    for record in records {
        let rows = record.rows.iter();
        for row in rows.filter(|row| row.limit.is_some() || !row.pairs.is_empty()) {
            let Cells {
                value,
                interval,
                limit,
                ..
            } = Cells::of(row);
            let _ = writeln!(
                text,
                "| [{0}](#{0}) | {1} | {value} | {interval} | {limit} | {2} |",
                record.name,
                row.what,
                row.verdict.text()
            );
        }
    }
    text
}

fn section(record: &Record) -> String {
    let machine = &record.machine;
    let mut text = format!("\n### {}\n\n{}\n", record.name, record.what);
    for note in &record.notes {
        // What a program printed stays as it is.
        match note.split_once('\n') {
            Some((title, output)) => {
                let _ = write!(text, "\n`{title}`:\n\n```text\n{output}\n```\n");
            }
            None => {
                let _ = write!(text, "\n{note}\n");
            }
        }
    }
    if !record.rows.is_empty() {
        text.push_str(
            "\n| | A | B | value | 95 % interval | limit | |\n|---|--:|--:|--:|--:|--:|---|\n",
        );
    }
    for row in &record.rows {
        let _ = writeln!(text, "{}", line(row));
    }
    let _ = write!(
        text,
        "\n<sub>{} in {:.0} s, commit {} ({} build, {}). {}, {} cores, {} MiB, {} ({}); {}.</sub>\n",
        record.date,
        record.seconds,
        machine.commit,
        machine.profile,
        machine.rustc,
        machine.cpu,
        machine.cores,
        machine.memory_mib,
        machine.kernel,
        machine.arch,
        machine.placement
    );
    text
}

fn line(row: &Row) -> String {
    let Cells {
        arms: [a, b],
        value,
        interval,
        limit,
    } = Cells::of(row);
    format!(
        "| {} | {a} | {b} | {value} | {interval} | {limit} | {} |",
        row.what,
        row.verdict.text()
    )
}

/// A row's numbers as they are shown.
struct Cells {
    arms: [String; 2],
    value: String,
    interval: String,
    limit: String,
}

impl Cells {
    fn of(row: &Row) -> Cells {
        let arms = row.arms().zip(row.arms_unit);
        let signed = row.arms_unit.is_some() && row.unit == Unit::Percent;
        let value = |value: f64| {
            let sign = if signed && value >= 0.0 { "+" } else { "" };
            format!("{sign}{}", show(row.unit, value))
        };
        let estimate = &row.estimate;
        let interval = match (row.pairs.len(), row.values.len()) {
            (pairs @ 2.., _) => Some((pairs, "pairs")),
            (_, values @ 2..) => Some((values, "times")),
            _ => None,
        };
        Cells {
            arms: arms.map_or([String::new(), String::new()], |(arms, unit)| {
                arms.map(|value| show(unit, value))
            }),
            value: value(estimate.value),
            interval: interval.map_or(String::new(), |(count, of)| {
                let (low, high) = (value(estimate.low), value(estimate.high));
                format!("{low} to {high} ({count} {of})")
            }),
            limit: match row.limit {
                Some(Limit::AtMost(limit)) => format!("≤ {}", show(row.unit, limit)),
                Some(Limit::AtLeast(limit)) => format!("≥ {}", show(row.unit, limit)),
                None => String::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_both_arms_the_interval_and_the_verdict() {
        let pairs = vec![[100.0, 101.0], [200.0, 202.0], [50.0, 50.5]];
        let row = Row::ratio("CPU", Unit::Nanoseconds, pairs, Some(Limit::AtMost(2.0)));
        assert_eq!(
            line(&row),
            "| CPU | 100 ns | 101 ns | +1.00 % | +1.00 % to +1.00 % (3 pairs) | ≤ 2.00 % | met |"
        );
        let row = Row::counted("lost", Unit::Count, 1.0, Some(Limit::AtMost(0.0)));
        assert_eq!(line(&row), "| lost |  |  | 1 |  | ≤ 0 | **missed** |");
    }
}
