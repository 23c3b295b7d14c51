//! The table in other forms: JSON, comma-separated values, Markdown.
//!
//! Amounts are in the profile's own unit, percentages of the total; names and columns keep their meaning from one
//! version to the next. JSON: `{"version": 1, "type", "unit", "duration_ns", "total", "before", "now", "filters": [],
//! "functions": [{"name", "flat", "flat_percent", "cum", "cum_percent", "inlined": "no" | "partly" | "wholly",
//! "flat_before", "cum_before"}], "left_out"}`. `before`, `now` and the `_before` columns stand there only in a
//! difference, in which `flat` and `cum` are changes.

use std::io::{self, Write};

use cutaway_model::sanitize;
use profile::inlined::Inlined;
use serde_json::{Map, Value, json};

use super::listing::{Line, Listing};
use crate::forms;

/// The JSON document's version: raised when something in it changes its meaning.
const VERSION: u32 = 1;

pub(crate) fn json(listing: &Listing, out: &mut impl Write) -> io::Result<()> {
    let sample_type = listing.profile.sample_types.get(listing.index);
    let functions: Vec<Value> = listing
        .lines
        .iter()
        .map(|line| function(line, listing.total))
        .collect();
    let mut document = json!({
        "version": VERSION,
        "type": sample_type.map_or("", |of| &of.kind),
        "unit": sample_type.map_or("", |of| &of.unit),
        "duration_ns": listing.profile.duration_nanos,
        "total": listing.total,
        "filters": listing.filters,
        "functions": functions,
        "left_out": listing.small + listing.surplus,
    });
    if let Some((before, now)) = listing.sides {
        document["before"] = before.into();
        document["now"] = now.into();
    }
    writeln!(out, "{}", forms::json(&format!("{document:#}")))
}

fn function(line: &Line, total: i64) -> Value {
    let Line { row, inlined, base } = line;
    let mut members = Map::new();
    members.insert("name".to_owned(), (*row.name).into());
    members.insert("flat".to_owned(), row.flat.into());
    members.insert("flat_percent".to_owned(), percent(row.flat, total).into());
    members.insert("cum".to_owned(), row.cum.into());
    members.insert("cum_percent".to_owned(), percent(row.cum, total).into());
    let mark = match inlined {
        Inlined::No => "no",
        Inlined::Partly => "partly",
        Inlined::Wholly => "wholly",
    };
    members.insert("inlined".to_owned(), mark.into());
    if let Some((flat, cum)) = base {
        members.insert("flat_before".to_owned(), (*flat).into());
        members.insert("cum_before".to_owned(), (*cum).into());
    }
    Value::Object(members)
}

pub(crate) fn csv(listing: &Listing, out: &mut impl Write) -> io::Result<()> {
    forms::csv(&table(listing), out)
}

pub(crate) fn md(listing: &Listing, out: &mut impl Write) -> io::Result<()> {
    forms::md(&table(listing), out)
}

fn table(listing: &Listing) -> Vec<Vec<String>> {
    let differs = listing.sides.is_some();
    let titles: &[&str] = if differs {
        &[
            "flat",
            "flat%",
            "flat before",
            "cum",
            "cum%",
            "cum before",
            "function",
        ]
    } else {
        &["flat", "flat%", "cum", "cum%", "function"]
    };
    let mut table = vec![titles.iter().map(|title| (*title).to_owned()).collect()];
    for Line { row, base, .. } in &listing.lines {
        let share = |value| format!("{:.2}", percent(value, listing.total));
        let (flat, cum) = (row.flat.to_string(), row.cum.to_string());
        let mut cells = vec![flat, share(row.flat)];
        cells.extend(base.map(|(flat, _)| flat.to_string()));
        cells.extend([cum, share(row.cum)]);
        cells.extend(base.map(|(_, cum)| cum.to_string()));
        cells.push(sanitize(&row.name).into_owned());
        table.push(cells);
    }
    table
}

/// With its sign, at most four decimals.
fn percent(value: i64, total: i64) -> f64 {
    if total == 0 {
        return 0.0;
    }
    let percent = value as f64 / total.unsigned_abs() as f64 * 100.0;
    (percent * 1e4).round() / 1e4
}
