//! The table as `go tool pprof -top` prints it, letter for letter.

use std::io::{self, Write};
use std::path::Path;

use cutaway_model::sanitize;
use profile::inlined::Inlined;

use super::listing::{Line, Listing};
use crate::clock::Civil;
use crate::measure::{Unit, percentage};

/// Prints the table.
pub(crate) fn print(listing: &Listing, out: &mut impl Write) -> io::Result<()> {
    let unit = head(listing, out)?;
    rows(listing, &unit, out)
}

/// Prints what stands above the rows; answers the unit of the table.
pub(super) fn head(listing: &Listing, out: &mut impl Write) -> io::Result<Unit> {
    let values = listing.lines.iter().map(|Line { row, .. }| match row.flat {
        0 => row.cum,
        flat => flat,
    });
    let unit = Unit::for_table(values, listing.total, listing.unit());
    about(listing, &unit, out)?;
    sums(listing, &unit, out)?;
    Ok(unit)
}

/// What the profile says of itself.
fn about(listing: &Listing, unit: &Unit, out: &mut impl Write) -> io::Result<()> {
    let profile = &listing.profile;
    if let Some(mapping) = profile.mappings.first() {
        let file = Path::new(&mapping.filename).file_name();
        if let Some(file) = file {
            writeln!(out, "File: {}", sanitize(&file.to_string_lossy()))?;
        }
        if !mapping.build_id.is_empty() {
            writeln!(out, "Build ID: {}", sanitize(&mapping.build_id))?;
        }
    }
    let comments = profile.comments.iter();
    for comment in comments.filter(|comment| !comment.starts_with('#')) {
        writeln!(out, "{}", sanitize(comment))?;
    }
    let sample_type = profile.sample_types.get(listing.index);
    if let Some(sample_type) = sample_type {
        writeln!(out, "Type: {}", sanitize(&sample_type.kind))?;
    }
    if profile.time_nanos != 0 {
        let time = Civil::of(profile.time_nanos.div_euclid(1_000_000_000));
        writeln!(out, "Time: {} (UTC)", time.for_people())?;
    }
    let duration = profile.duration_nanos;
    if duration != 0 {
        let length = Unit::fitting(duration, "nanoseconds").write(duration);
        let total = unit.write(listing.total);
        let from = sample_type.map_or("", |t| t.unit.as_str());
        let busy = match Unit::nanoseconds(listing.total, from) {
            Some(nanos) if nanos != 0 => format!("({})", percentage(nanos, duration)),
            _ => String::new(),
        };
        writeln!(out, "Duration: {length}, Total samples = {total} {busy}")?;
    }
    Ok(())
}

/// Filters, and how much of the whole is listed.
fn sums(listing: &Listing, unit: &Unit, out: &mut impl Write) -> io::Result<()> {
    if !listing.filters.is_empty() {
        writeln!(out, "Active filters:")?;
    }
    for filter in &listing.filters {
        let end = filter.floor_char_boundary(80.min(filter.len()));
        let more = if end < filter.len() { "…" } else { "" };
        writeln!(out, "   {}{more}", sanitize(&filter[..end]))?;
    }
    let total = listing.total;
    let flat = listing.lines.iter().map(|line| line.row.flat);
    let flat = flat.fold(0_i64, i64::saturating_add);
    writeln!(
        out,
        "Showing nodes accounting for {}, {} of {} total",
        unit.write(flat),
        percentage(flat, total).trim(),
        unit.write(total)
    )?;
    if total == 0 {
        return Ok(());
    }
    if listing.small > 0 {
        let cutoff = ((total as f64 * listing.least) as i64).saturating_abs();
        writeln!(
            out,
            "Dropped {} node{} (cum <= {})",
            listing.small,
            if listing.small > 1 { "s" } else { "" },
            unit.write(cutoff)
        )?;
    }
    if listing.surplus > 0 {
        let shown = listing.lines.len();
        let all = shown + listing.surplus;
        writeln!(out, "Showing top {shown} nodes out of {all}")?;
    }
    Ok(())
}

fn rows(listing: &Listing, unit: &Unit, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>10} {:>5}% {:>5}% {:>10} {:>5}%",
        "flat", "flat", "sum", "cum", "cum"
    )?;
    let (mut sum, total) = (0_i64, listing.total);
    for Line { row, inlined, .. } in &listing.lines {
        sum = sum.saturating_add(row.flat);
        let (flat, cum) = (unit.write(row.flat), unit.write(row.cum));
        let [flat_share, sum_share, cum_share] =
            [row.flat, sum, row.cum].map(|value| percentage(value, total));
        let mark = match inlined {
            Inlined::No => "",
            Inlined::Partly => " (partial-inline)",
            Inlined::Wholly => " (inline)",
        };
        let name = sanitize(&row.name);
        writeln!(
            out,
            "{flat:>10} {flat_share} {sum_share} {cum:>10} {cum_share}  {name}{mark}"
        )?;
    }
    Ok(())
}
