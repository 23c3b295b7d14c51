use crate::{Bucket, Family, Kind, Sample, label_name, metric_name};

/// Building families to [`write`](crate::write()).
impl Family {
    /// A family without samples. The name is what the samples share, without the suffix that the kind gives them
    /// (`_total` of a counter may be there or not); what may not be in a name becomes `_`.
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: metric_name(name),
            kind,
            help: None,
            unit: None,
            samples: vec![],
        }
    }

    /// With a description.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With a unit, in the plural and in base units (`seconds`, `bytes`), in which the name should end.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Adds a value: of a counter the total, of an info 1, of a summary the quantile that a label tells.
    pub fn push<'a>(&mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>, value: f64) {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            _ => "",
        };
        self.add(suffix, own(labels), value);
    }

    /// Adds a distribution to a histogram: its buckets by rising bound with cumulative counts, the sum and the number of
    /// all values. The bucket for +∞ is added if it is missing.
    pub fn push_histogram<'a>(
        &mut self,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        buckets: impl IntoIterator<Item = Bucket>,
        sum: f64,
        count: f64,
    ) {
        let labels = own([("le", "")].into_iter().chain(labels)).split_off(1);
        let all = Bucket {
            le: f64::INFINITY,
            count,
        };
        let finite = buckets.into_iter().filter(|bucket| bucket.le.is_finite());
        for bucket in finite.chain([all]) {
            let mut labels = labels.clone();
            labels.push(("le".into(), bound(bucket.le)));
            self.add("_bucket", labels, bucket.count);
        }
        let (sum_suffix, count_suffix) = match self.kind {
            Kind::GaugeHistogram => ("_gsum", "_gcount"),
            _ => ("_sum", "_count"),
        };
        self.add(sum_suffix, labels.clone(), sum);
        self.add(count_suffix, labels, count);
    }

    /// Adds the sum and the number of all values of a summary.
    pub fn push_summary<'a>(
        &mut self,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        sum: f64,
        count: f64,
    ) {
        let labels = own(labels);
        self.add("_sum", labels.clone(), sum);
        self.add("_count", labels, count);
    }

    fn add(&mut self, suffix: &str, labels: Vec<(String, String)>, value: f64) {
        let base = self.name.strip_suffix(suffix).unwrap_or(&self.name);
        self.samples.push(Sample {
            name: format!("{base}{suffix}"),
            labels,
            value,
            timestamp: None,
            exemplar: None,
        });
    }
}

/// The labels with names that are allowed and that occur once.
fn own<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in labels {
        let mut name = label_name(name);
        while all.iter().any(|(have, _)| *have == name) {
            name.push('_');
        }
        all.push((name, value.into()));
    }
    all
}

/// A bound or a quantile as OpenMetrics wants it, so that the same one is always the same label: Go's shortest form,
/// with a fraction or an exponent.
pub(crate) fn bound(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    // Rust writes exponents as `e-7`; Go has at least two digits and always a sign, from 10⁶ on and below 10⁻⁴.
    let scientific = format!("{value:e}");
    let exponent = scientific
        .split_once('e')
        .and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?)));
    match exponent {
        Some((digits, exponent)) if value != 0.0 && !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_gos() {
        let cases = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.001, "0.001"),
            (0.0001, "0.0001"),
            (0.00005, "5e-05"),
            (1e-10, "1e-10"),
            (123_456.0, "123456.0"),
            (1e6, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, expected) in cases {
            assert_eq!(bound(value), expected);
        }
    }
}
