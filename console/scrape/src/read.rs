//! Bodies into variables.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_model::{Cause, Kind, Number, Path, ProfileKind, Scalar, Source, Values, first_lines};
use expvar::read::Document;

use crate::http::Answer;
use crate::quantiles::Histograms;

/// Variables read from one answer.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) source: Source,
    pub(crate) values: Values,
    pub(crate) kinds: Arc<HashMap<Path, Kind>>,
    pub(crate) warnings: usize,
}

/// Reads a body that should be `expected`. Whoever points us at a path may serve either format there: the body decides.
pub(crate) fn variables(
    answer: &Answer,
    expected: Source,
    histograms: &mut Histograms,
) -> Result<Reading, Cause> {
    let is_object = answer.body.trim_ascii_start().first() == Some(&b'{');
    if is_object {
        return json(&answer.body);
    }
    let metrics = text(&answer.body, histograms);
    if expected == Source::Prometheus || answer.is_metrics() {
        return metrics;
    }
    // Where variables are expected, a line that happens to look like a metric makes no page of metrics.
    match metrics {
        Ok(reading) if reading.warnings < reading.values.len() => Ok(reading),
        _ => json(&answer.body),
    }
}

/// The profiles that a pprof index page links to.
pub(crate) fn profiles(answer: &Answer) -> Vec<ProfileKind> {
    let page = String::from_utf8_lossy(&answer.body);
    let mut found: Vec<ProfileKind> = page
        .split("href=")
        .skip(1)
        .filter_map(linked_profile)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn linked_profile(link: &str) -> Option<ProfileKind> {
    ProfileKind::from_endpoint(address(link)?.rsplit('/').next()?)
}

/// The address that a link begins with, without its query.
pub(crate) fn address(link: &str) -> Option<&str> {
    link.trim_start_matches(['\'', '"'])
        .split(['\'', '"', '?', '#', '>', ' '])
        .next()
}

fn json(body: &[u8]) -> Result<Reading, Cause> {
    let document = Document::parse(body).map_err(|error| Cause::Json {
        offset: error.offset,
        message: first_lines(error.message.as_bytes(), 200),
    })?;
    Ok(Reading {
        source: Source::Expvar,
        values: Arc::new(document.into_values()),
        kinds: Arc::default(),
        warnings: 0,
    })
}

fn text(body: &[u8], histograms: &mut Histograms) -> Result<Reading, Cause> {
    let parsed = exposition::parse(body);
    if parsed.families.is_empty() {
        let (line, message) = match parsed.bad_lines.first() {
            Some(bad) => (bad.line, first_lines(bad.message.as_bytes(), 200)),
            None => (1, "there are no metrics in it".to_owned()),
        };
        return Err(Cause::Text { line, message });
    }
    let mut values = Vec::new();
    let mut kinds = HashMap::new();
    for family in &parsed.families {
        for sample in &family.samples {
            let path = sample_path(sample);
            kinds.insert(path.clone(), kind(family, &sample.name));
            values.push((path, Scalar::Number(number(sample.value))));
        }
    }
    for (path, value) in histograms.take(&parsed.families) {
        kinds.insert(path.clone(), Kind::Gauge);
        values.push((path, Scalar::Number(Number::F64(value))));
    }
    values.sort_by(|a, b| a.0.cmp(&b.0));
    // Of a series that stands there twice, the last counts.
    values.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            std::mem::swap(later, kept);
        }
        same
    });
    Ok(Reading {
        source: Source::Prometheus,
        values: Arc::new(values),
        kinds: Arc::new(kinds),
        warnings: parsed.bad_count,
    })
}

/// `name`, or `name` and `{label="value",…}` below it, labels in order of their names.
fn sample_path(sample: &exposition::Sample) -> Path {
    let name = Path::new([sample.name.as_str()]);
    if sample.labels.is_empty() {
        return name;
    }
    let mut labels: Vec<_> = sample
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    labels.sort_unstable();
    name.child(format!("{{{}}}", labels.join(",")))
}

fn kind(family: &exposition::Family, sample: &str) -> Kind {
    use exposition::Kind as Declared;
    let counts = ["_bucket", "_count", "_sum", "_total"]
        .iter()
        .any(|suffix| sample.ends_with(suffix));
    match family.kind {
        Declared::Counter => Kind::Counter,
        Declared::Histogram | Declared::Summary if counts => Kind::Counter,
        _ if family.name.ends_with("_bytes") => Kind::Bytes,
        _ if family.kind == Declared::Untyped && sample.ends_with("_total") => Kind::Counter,
        _ => Kind::Gauge,
    }
}

/// Metrics text has floats only; a whole number is shown as one.
fn number(value: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        whole
            if whole.fract() == 0.0
                && (0.0..EXACT).contains(&whole)
                && whole.is_sign_positive() =>
        {
            Number::U64(whole as u64)
        }
        whole if whole.fract() == 0.0 && (-EXACT..0.0).contains(&whole) => {
            Number::I64(whole as i64)
        }
        other => Number::F64(other),
    }
}
