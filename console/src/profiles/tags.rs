//! Labels as `go tool pprof -tags` prints them, letter for letter.

use std::cmp::Reverse;
use std::io::{self, Write};

use cutaway_model::sanitize;
use profile::tags;

use super::load::Loaded;
use crate::measure::{Unit, percentage};

pub(crate) fn print(loaded: &Loaded, out: &mut impl Write) -> io::Result<()> {
    let types = &loaded.profile.sample_types;
    let from = types.get(loaded.index).map_or("", |of| of.unit.as_str());
    for tag in tags::table(&loaded.profile, loaded.index) {
        // Numbers that read alike are one value here.
        let mut values: Vec<(String, i64)> = Vec::new();
        for value in tag.values {
            match values.iter_mut().find(|(name, _)| *name == value.name) {
                Some((_, amount)) => *amount = amount.saturating_add(value.amount),
                None => values.push((value.name, value.amount)),
            }
        }
        let order = |(name, amount): &(String, i64)| (Reverse(amount.unsigned_abs()), name.clone());
        values.sort_by_cached_key(order);
        let title = format!("{}:", sanitize(&tag.key));
        let amounts = values.iter().map(|(_, amount)| {
            let words = Unit::fitting(*amount, from).write_tenths(*amount);
            match tag.total {
                1.. => format!("{words} ({}):", percentage(*amount, tag.total)),
                _ => format!("{words}:"),
            }
        });
        let amounts: Vec<String> = amounts.collect();
        let width = |text: &String| text.chars().count();
        let widest = amounts.iter().map(width).max().unwrap_or(0) + 1;
        let first = width(&title) + 1;
        let total = Unit::fitting(tag.total, from).write_tenths(tag.total);
        writeln!(out, "{title:>first$} Total {total}")?;
        for ((name, _), amount) in values.iter().zip(&amounts) {
            writeln!(out, "{:>first$}{amount:>widest$} {}", "", sanitize(name))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
