//! Quantiles of histograms over time: of what came in since the reading before.

use std::collections::HashMap;

use cutaway_model::Path;
use exposition::{Bucket, Distribution, Family, Kind};

/// The quantiles that are computed, and what they are called.
const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")];

/// The buckets of the reading before, by family and labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histograms(HashMap<Path, Vec<Bucket>>);

impl Histograms {
    /// The quantiles of each histogram among `families`, under its name and labels: of what was counted since the reading
    /// before, or in all at the first reading and after counts fell, which is a restart. NaN where nothing was counted.
    pub(crate) fn take(&mut self, families: &[Family]) -> Vec<(Path, f64)> {
        let before = std::mem::take(&mut self.0);
        let mut quantiles = Vec::new();
        let histograms = families
            .iter()
            .filter(|family| family.kind == Kind::Histogram);
        for family in histograms {
            for distribution in family.distributions() {
                let path = path_of(family, &distribution);
                let fresh = since(before.get(&path), &distribution.buckets);
                for (quantile, name) in QUANTILES {
                    let value = exposition::quantile(quantile, &fresh);
                    quantiles.push((path.child(name), value.unwrap_or(f64::NAN)));
                }
                self.0.insert(path, distribution.buckets);
            }
        }
        quantiles
    }
}

fn path_of(family: &Family, distribution: &Distribution) -> Path {
    let name = Path::new([family.name.as_str()]);
    if distribution.labels.is_empty() {
        return name;
    }
    let labels = distribution.labels.iter();
    let labels: Vec<String> = labels
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    name.child(format!("{{{}}}", labels.join(",")))
}

/// What the buckets grew by; all of it when they are not comparable.
fn since(before: Option<&Vec<Bucket>>, now: &[Bucket]) -> Vec<Bucket> {
    let comparable = before.filter(|before| {
        before.len() == now.len()
            && before.iter().zip(now).all(|(before, now)| {
                before.le.total_cmp(&now.le).is_eq() && now.count >= before.count
            })
    });
    let Some(before) = comparable else {
        return now.to_vec();
    };
    let grown = before.iter().zip(now).map(|(before, now)| Bucket {
        le: now.le,
        count: now.count - before.count,
    });
    grown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(histograms: &mut Histograms, counts: [u32; 3]) -> Vec<(String, f64)> {
        let text = format!(
            "# TYPE t_seconds histogram\n\
             t_seconds_bucket{{route=\"/a\",le=\"0.1\"}} {} # {{trace_id=\"abc\"}} 0.05\n\
             t_seconds_bucket{{route=\"/a\",le=\"1\"}} {}\n\
             t_seconds_bucket{{route=\"/a\",le=\"+Inf\"}} {}\n",
            counts[0], counts[1], counts[2]
        );
        let parsed = exposition::parse(text.as_bytes());
        assert_eq!(parsed.bad_count, 0, "{:?}", parsed.bad_lines);
        let quantiles = histograms.take(&parsed.families);
        quantiles
            .into_iter()
            .map(|(path, value)| (path.to_string(), value))
            .collect()
    }

    #[test]
    fn quantiles_are_of_what_came_in() {
        let mut histograms = Histograms::default();
        let first = read(&mut histograms, [100, 100, 100]);
        assert_eq!(first[0], (r#"t_seconds.{route="/a"}.p50"#.to_owned(), 0.05));
        // Since then only slow ones, which a life of fast ones would hide.
        let slow = read(&mut histograms, [100, 110, 110]);
        assert!((slow[0].1 - 0.55).abs() < 1e-9, "{slow:?}");
        assert_eq!(slow[2].0, r#"t_seconds.{route="/a"}.p99"#);
        assert!(slow[2].1 > 0.99, "{slow:?}");
    }

    #[test]
    fn nothing_new_has_no_quantile_and_a_fall_is_a_restart() {
        let mut histograms = Histograms::default();
        read(&mut histograms, [10, 20, 20]);
        assert!(read(&mut histograms, [10, 20, 20])[0].1.is_nan());
        let after = read(&mut histograms, [2, 2, 2]);
        assert!((after[0].1 - 0.05).abs() < 1e-9, "{after:?}");
    }
}
