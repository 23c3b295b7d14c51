//! Metrics as `ExportMetricsServiceRequest`.

use std::time::SystemTime;

use exposition::{Family, Kind, Sample};

use crate::Resource;
use crate::resource::{attribute, nanos, scope};
use crate::wire::Message;

/// The message that `/v1/metrics` takes: counters as cumulative sums since `since`, summaries as such, all else as gauges.
/// Histograms are left out: they are not made of variables.
pub fn encode(
    families: &[Family],
    resource: &Resource,
    since: SystemTime,
    now: SystemTime,
) -> Vec<u8> {
    let times = (nanos(since), nanos(now));
    let mut request = Message::default();
    request.message(1, |of_resource| {
        of_resource.message(1, |message| resource.write(message));
        of_resource.message(2, |of_scope| {
            scope(of_scope);
            let families = families
                .iter()
                .filter(|family| !matches!(family.kind, Kind::Histogram | Kind::GaugeHistogram));
            for family in families {
                of_scope.message(2, |message| metric(message, family, times));
            }
        });
    });
    request.into_bytes()
}

/// The beginning and the end of what was counted.
type Times = (u64, u64);

fn metric(message: &mut Message, family: &Family, times: Times) {
    message.text(1, &family.name);
    message.text(2, family.help.as_deref().unwrap_or_default());
    let unit = match family.unit.as_deref() {
        Some("seconds") => "s",
        Some("bytes") => "By",
        _ => "1",
    };
    message.text(3, unit);
    match family.kind {
        Kind::Counter => message.message(7, |sum| {
            points(sum, family, times);
            sum.number(2, CUMULATIVE);
            sum.number(3, 1);
        }),
        Kind::Summary => message.message(11, |summary| summaries(summary, family, times)),
        _ => message.message(5, |gauge| points(gauge, family, times)),
    }
}

const CUMULATIVE: u64 = 2;

fn points(message: &mut Message, family: &Family, (since, now): Times) {
    for sample in &family.samples {
        message.message(1, |point| {
            if family.kind == Kind::Counter {
                point.fixed64(2, since);
            }
            point.fixed64(3, now);
            point.double(4, sample.value);
            labels(
                point,
                sample
                    .labels
                    .iter()
                    .map(|(name, value)| (&**name, &**value)),
            );
        });
    }
}

fn labels<'a>(point: &mut Message, labels: impl Iterator<Item = (&'a str, &'a str)>) {
    for (name, value) in labels {
        attribute(point, 7, name, |any| any.text(1, value));
    }
}

/// One point for all samples that differ in their quantile alone.
fn summaries(message: &mut Message, family: &Family, (since, now): Times) {
    type Labels = Vec<(String, String)>;
    let rest = |sample: &Sample| -> Labels {
        let labels = sample.labels.iter().filter(|(name, _)| name != "quantile");
        labels.cloned().collect()
    };
    let mut groups: Vec<(Labels, Vec<&Sample>)> = Vec::new();
    for sample in &family.samples {
        let key = rest(sample);
        match groups.iter_mut().find(|(have, _)| *have == key) {
            Some((_, samples)) => samples.push(sample),
            None => groups.push((key, vec![sample])),
        }
    }
    for (key, samples) in groups {
        message.message(1, |point| {
            point.fixed64(2, since);
            point.fixed64(3, now);
            for sample in samples {
                match sample
                    .label("quantile")
                    .and_then(|quantile| quantile.parse().ok())
                {
                    Some(quantile) => point.message(6, |at| {
                        at.double(1, quantile);
                        at.double(2, sample.value);
                    }),
                    None if sample.name.ends_with("_count") => {
                        point.fixed64(4, sample.value as u64);
                    }
                    None => point.double(5, sample.value),
                }
            }
            labels(point, key.iter().map(|(name, value)| (&**name, &**value)));
        });
    }
}
