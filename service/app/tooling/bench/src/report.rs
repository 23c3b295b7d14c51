//! Results as files: one JSON document for each, and a page with the tables of all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::record::{Kind, Limit, Record, Row, Unit};

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
    let arms = row.arms().zip(row.arms_unit);
    let [a, b] = arms.map_or([String::new(), String::new()], |(arms, unit)| {
        arms.map(|value| show(unit, value))
    });
    let signed = row.arms_unit.is_some() && row.unit == Unit::Percent;
    let value = |value: f64| {
        let sign = if signed && value >= 0.0 { "+" } else { "" };
        format!("{sign}{}", show(row.unit, value))
    };
    let estimate = &row.estimate;
    let sampled = row.pairs.len() + row.values.len() > 1;
    let interval = if sampled {
        format!(
            "{} to {} ({} {})",
            value(estimate.low),
            value(estimate.high),
            row.pairs.len() + row.values.len(),
            if row.pairs.is_empty() {
                "times"
            } else {
                "pairs"
            }
        )
    } else {
        String::new()
    };
    let limit = match row.limit {
        Some(Limit::AtMost(limit)) => format!("≤ {}", show(row.unit, limit)),
        Some(Limit::AtLeast(limit)) => format!("≥ {}", show(row.unit, limit)),
        None => String::new(),
    };
    format!(
        "| {} | {a} | {b} | {} | {interval} | {limit} | {} |",
        row.what,
        value(estimate.value),
        row.verdict.text()
    )
}

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
