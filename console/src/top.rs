//! `cutaway top`: the functions of a profile that cost most.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use cutaway_model::{Profile, sanitize};
use cutaway_scrape::{Options, Target, fetch_profile};
use profile::top::{Row, table};

use crate::BadUse;
use crate::args::Top;
use crate::measure::{Unit, percentage};

/// Functions whose share is smaller, everything they called included, are left out, as in `go tool pprof`.
const SMALLEST_SHARE: f64 = 0.005;

/// Reads or takes the profile and prints its table.
pub(crate) fn run(arguments: &Top, options: Options, out: &mut impl Write) -> anyhow::Result<()> {
    let profile = if Path::new(&arguments.source).exists() {
        read(&arguments.source)?
    } else {
        fetch(arguments, options)?
    };
    let index = sample_index(&profile, arguments.sample_type.as_deref())?;
    print(&profile, index, arguments.n, out).context("cannot print")
}

fn read(file: &str) -> anyhow::Result<Profile> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {file}"))?;
    Profile::decode(&bytes).with_context(|| format!("{file} is not a profile"))
}

fn fetch(arguments: &Top, options: Options) -> anyhow::Result<Profile> {
    let (targets, bad) = Target::parse_list(&arguments.source);
    let target = match (targets.as_slice(), bad.first()) {
        ([target], None) => target,
        (_, Some(bad)) => bail!(BadUse(format!(
            "no file of this name, and no target: {bad}"
        ))),
        _ => bail!(BadUse(format!(
            "{}: one file or one target is needed",
            sanitize(&arguments.source)
        ))),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let profile = runtime.block_on(fetch_profile(target, arguments.seconds, options));
    runtime.shutdown_background();
    profile.with_context(|| target.url())
}

fn sample_index(profile: &Profile, wanted: Option<&str>) -> anyhow::Result<usize> {
    let Some(wanted) = wanted else {
        return Ok(profile.default_index());
    };
    let kinds: Vec<&str> = profile
        .sample_types
        .iter()
        .map(|t| t.kind.as_str())
        .collect();
    match kinds.iter().position(|kind| *kind == wanted) {
        Some(index) => Ok(index),
        None => bail!(BadUse(format!(
            "the profile has no sample type {wanted}; it has {}",
            sanitize(&kinds.join(", "))
        ))),
    }
}

fn print(
    profile: &Profile,
    index: usize,
    count: usize,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let total = profile.samples.iter().fold(0_i64, |sum, sample| {
        sum.saturating_add(sample.value(index).saturating_abs())
    });
    let all = table(profile, index);
    let cutoff = (total as f64 * SMALLEST_SHARE) as i64;
    let large: Vec<&Row> = all
        .iter()
        .filter(|row| row.cum.saturating_abs() >= cutoff)
        .collect();
    let shown = &large[..if count == 0 {
        large.len()
    } else {
        count.min(large.len())
    }];
    let from = profile
        .sample_types
        .get(index)
        .map_or("", |t| t.unit.as_str());
    let unit = Unit::for_table(
        shown
            .iter()
            .map(|row| if row.flat == 0 { row.cum } else { row.flat }),
        total,
        from,
    );

    head(profile, index, (total, &unit), out)?;
    let flat = shown
        .iter()
        .fold(0_i64, |sum, row| sum.saturating_add(row.flat));
    writeln!(
        out,
        "Showing nodes accounting for {}, {} of {} total",
        unit.write(flat),
        percentage(flat, total).trim(),
        unit.write(total)
    )?;
    if large.len() < all.len() {
        let dropped = all.len() - large.len();
        writeln!(
            out,
            "Dropped {dropped} node{} (cum <= {})",
            if dropped > 1 { "s" } else { "" },
            unit.write(cutoff)
        )?;
    }
    if shown.len() < large.len() {
        writeln!(
            out,
            "Showing top {} nodes out of {}",
            shown.len(),
            large.len()
        )?;
    }
    rows(shown, &unit, total, out)
}

fn head(
    profile: &Profile,
    index: usize,
    (total, unit): (i64, &Unit),
    out: &mut impl Write,
) -> std::io::Result<()> {
    let file = profile
        .mappings
        .first()
        .and_then(|mapping| Path::new(&mapping.filename).file_name());
    if let Some(file) = file {
        writeln!(out, "File: {}", sanitize(&file.to_string_lossy()))?;
    }
    let Some(sample_type) = profile.sample_types.get(index) else {
        return Ok(());
    };
    writeln!(out, "Type: {}", sanitize(&sample_type.kind))?;
    let duration = profile.duration_nanos;
    if duration <= 0 {
        return Ok(());
    }
    write!(
        out,
        "Duration: {}, Total samples = {} ",
        Unit::fitting(duration, "nanoseconds").write(duration),
        unit.write(total)
    )?;
    if sample_type.unit == "nanoseconds" {
        write!(out, "({})", percentage(total, duration).trim())?;
    }
    writeln!(out)
}

fn rows(shown: &[&Row], unit: &Unit, total: i64, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{:>10} {:>5}% {:>5}% {:>10} {:>5}%",
        "flat", "flat", "sum", "cum", "cum"
    )?;
    let mut sum = 0_i64;
    for row in shown {
        sum = sum.saturating_add(row.flat);
        let (flat, cum) = (unit.write(row.flat), unit.write(row.cum));
        let shares = [row.flat, sum, row.cum].map(|value| percentage(value, total));
        writeln!(
            out,
            "{flat:>10} {} {} {cum:>10} {}  {}",
            shares[0],
            shares[1],
            shares[2],
            sanitize(&row.name)
        )?;
    }
    Ok(())
}
