//! What the formats say of the samples of one family together.

use std::collections::{HashMap, HashSet};

use crate::build::bound;
use crate::cursor::shown;
use crate::write::{MAX_EXEMPLAR, is_short};
use crate::{Bucket, Family, Format, Kind, Sample};

/// Line and message.
type Found = Vec<(usize, String)>;
type Labels<'a> = Vec<(&'a str, &'a str)>;

/// Checks a family whose first line is `line`, and whose samples stand in `lines`.
pub(super) fn check(family: &Family, line: usize, lines: &[usize], format: Format) -> Found {
    let mut found = Found::new();
    if format == Format::OpenMetrics
        && let Err(message) = check_unit(family)
    {
        found.push((line, message));
    }
    for (sample, &line) in family.samples.iter().zip(lines) {
        if let Err(message) = check_sample(family, sample, format) {
            found.push((line, message));
        }
    }
    check_unique(family, lines, format, &mut found);
    check_groups(family, lines, format, &mut found);
    found
}

fn check_unit(family: &Family) -> Result<(), String> {
    let Some(unit) = family.unit.as_deref().filter(|unit| !unit.is_empty()) else {
        return Ok(());
    };
    let name = &family.name;
    if matches!(family.kind, Kind::Info | Kind::StateSet) {
        return Err(format!(
            "`{name}` has a unit, which an info or a state set has not"
        ));
    }
    let is_suffix = name
        .strip_suffix(unit)
        .is_some_and(|rest| rest.ends_with('_'));
    if is_suffix {
        Ok(())
    } else {
        Err(format!(
            "`{name}` does not end in its unit, `_{}`",
            shown(unit)
        ))
    }
}

fn check_sample(family: &Family, sample: &Sample, format: Format) -> Result<(), String> {
    let suffix = sample
        .name
        .strip_prefix(family.name.as_str())
        .unwrap_or_default();
    if let Some(label) = sample.labels.iter().find(|(name, _)| name == "__name__") {
        return Err(format!("the label `{}` is reserved", label.0));
    }
    if let Some(exemplar) = &sample.exemplar {
        if !matches!(suffix, "_bucket" | "_total") {
            return Err("an exemplar belongs to a bucket or the total of a counter".into());
        }
        if !is_short(exemplar) {
            return Err(format!(
                "the labels of an exemplar have more than {MAX_EXEMPLAR} characters"
            ));
        }
    }
    let value = sample.value;
    let is_count = matches!(suffix, "_bucket" | "_count" | "_gcount");
    let is_total = family.kind == Kind::Counter && suffix == "_total";
    if (is_count || is_total) && (value.is_nan() || value < 0.0) {
        return Err(format!("a count is no {value}"));
    }
    if is_count && format == Format::OpenMetrics && value.fract() != 0.0 {
        return Err(format!("{value} is no whole number"));
    }
    match family.kind {
        Kind::Histogram | Kind::GaugeHistogram if suffix == "_bucket" => {
            number(sample, "le", format).map(drop)
        }
        Kind::Summary if suffix.is_empty() => match number(sample, "quantile", format)? {
            share if (0.0..=1.0).contains(&share) => Ok(()),
            share => Err(format!("a quantile is a share from 0 to 1, not {share}")),
        },
        Kind::Info if sample.value.total_cmp(&1.0).is_ne() => {
            Err("the value of an info is 1".into())
        }
        Kind::StateSet if sample.label(&family.name).is_none() => {
            Err(format!("a state is told by the label `{}`", family.name))
        }
        Kind::StateSet if value.total_cmp(&1.0).is_ne() && value.total_cmp(&0.0).is_ne() => {
            Err("a state is 0 or 1".into())
        }
        _ => Ok(()),
    }
}

/// A label whose value is a number.
fn number(sample: &Sample, label: &str, format: Format) -> Result<f64, String> {
    let text = sample
        .label(label)
        .ok_or_else(|| format!("the label `{label}` is missing"))?;
    let parsed = text.parse().ok().filter(|number: &f64| !number.is_nan());
    let number =
        parsed.ok_or_else(|| format!("`{}` is no number for the label `{label}`", shown(text)))?;
    let canonical = bound(number);
    // A bound that is spelled in two ways makes two series.
    if format == Format::OpenMetrics && is_common(number) && text != canonical {
        return Err(format!(
            "the label `{label}` is spelled `{}` instead of `{canonical}`",
            shown(text)
        ));
    }
    Ok(number)
}

/// The bounds whose spelling OpenMetrics prescribes.
fn is_common(number: f64) -> bool {
    let scientific = format!("{:e}", number.abs());
    number.is_infinite()
        || number == 0.0
        || (scientific.starts_with("1e") && (1e-10..=1e10).contains(&number.abs()))
}

fn check_unique(family: &Family, lines: &[usize], format: Format, found: &mut Found) {
    let mut last: HashMap<(&str, Labels<'_>), Option<i64>> = HashMap::new();
    for (sample, &line) in family.samples.iter().zip(lines) {
        let key = (sample.name.as_str(), labels(sample, &[]));
        let Some(before) = last.insert(key, sample.timestamp) else {
            continue;
        };
        let later = matches!((before, sample.timestamp), (Some(before), Some(now)) if now > before);
        // OpenMetrics allows several points of a series, in order of time.
        if format == Format::Prometheus || !later {
            found.push((
                line,
                format!("`{}` with these labels was there before", sample.name),
            ));
        }
    }
}

/// A sample and its line.
type Numbered<'a> = (&'a Sample, usize);

/// Checks the samples that make one histogram, summary or state set.
fn check_groups(family: &Family, lines: &[usize], format: Format, found: &mut Found) {
    let own: &[&str] = match family.kind {
        Kind::Histogram | Kind::GaugeHistogram => &["le"],
        Kind::Summary => &["quantile"],
        Kind::StateSet => &[&family.name],
        Kind::Counter => &[],
        _ => return,
    };
    let mut groups: Vec<Vec<Numbered<'_>>> = Vec::new();
    let mut known: HashMap<Labels<'_>, usize> = HashMap::new();
    for (sample, &line) in family.samples.iter().zip(lines) {
        let last = groups.len();
        let group = *known.entry(labels(sample, own)).or_insert(last);
        if group == last {
            groups.push(vec![]);
        } else if group + 1 < last && format == Format::OpenMetrics {
            found.push((
                line,
                format!(
                    "the samples of one series of `{}` do not stand together",
                    family.name
                ),
            ));
        }
        groups[group].push((sample, line));
    }
    if matches!(family.kind, Kind::Histogram | Kind::GaugeHistogram) {
        for group in &groups {
            check_histogram(family, group, format, found);
        }
    }
}

fn check_histogram(family: &Family, group: &[Numbered<'_>], format: Format, found: &mut Found) {
    let of = |suffix: &str| {
        let suffix = suffix.to_owned();
        group.iter().filter(move |(sample, _)| {
            sample.name.strip_prefix(family.name.as_str()) == Some(&suffix)
        })
    };
    let Some(&(_, first)) = group.first() else {
        return;
    };
    let mut at_most: Vec<(Bucket, usize)> = of("_bucket")
        .filter_map(|(sample, line)| {
            let le = sample
                .label("le")?
                .parse()
                .ok()
                .filter(|le: &f64| !le.is_nan())?;
            Some((
                Bucket {
                    le,
                    count: sample.value,
                },
                *line,
            ))
        })
        .collect();
    if format == Format::Prometheus {
        at_most.sort_by(|a, b| a.0.le.total_cmp(&b.0.le));
    }
    for pair in at_most.windows(2) {
        let [(before, _), (bucket, line)] = [pair[0], pair[1]];
        if bucket.le <= before.le {
            found.push((
                line,
                format!(
                    "the bucket for {} comes after that for {}",
                    bucket.le, before.le
                ),
            ));
        } else if bucket.count < before.count {
            let (count, before) = (bucket.count, before.count);
            found.push((
                line,
                format!(
                    "the bucket for {} has {count}, less than the {before} of the one before",
                    bucket.le
                ),
            ));
        }
    }
    let Some((all, _)) = at_most
        .iter()
        .find(|(bucket, _)| bucket.le == f64::INFINITY)
    else {
        found.push((
            first,
            format!("a series of `{}` has no bucket for `+Inf`", family.name),
        ));
        return;
    };
    let (count_name, sum_name) = match family.kind {
        Kind::GaugeHistogram => ("_gcount", "_gsum"),
        _ => ("_count", "_sum"),
    };
    let counts: HashSet<u64> = of(count_name)
        .map(|(sample, _)| sample.value.to_bits())
        .collect();
    if let Some(&(sample, line)) =
        of(count_name).find(|(sample, _)| sample.value.total_cmp(&all.count).is_ne())
    {
        found.push((
            line,
            format!(
                "the count {} is not that of the bucket for `+Inf`, {}",
                sample.value, all.count
            ),
        ));
    }
    let has_sum = of(sum_name).next().is_some();
    let is_gauge = family.kind == Kind::GaugeHistogram;
    if counts.is_empty() && (has_sum || format == Format::Prometheus) {
        found.push((
            first,
            format!("a series of `{}` has no `{count_name}`", family.name),
        ));
    } else if !has_sum && (!counts.is_empty() && (!is_gauge || format == Format::Prometheus)) {
        found.push((
            first,
            format!("a series of `{}` has no `{sum_name}`", family.name),
        ));
    }
}

/// The labels but for some, by name.
fn labels<'a>(sample: &'a Sample, without: &[&str]) -> Labels<'a> {
    let labels = sample
        .labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let mut labels: Labels<'a> = labels.filter(|(name, _)| !without.contains(name)).collect();
    labels.sort_unstable();
    labels
}
