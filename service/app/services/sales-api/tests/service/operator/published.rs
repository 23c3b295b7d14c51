//! What the service publishes: by its own metrics, and by its sidecar's.

use std::collections::{BTreeMap, BTreeSet};

use expvar::read::Document;
use sales_metrics::{convert::convert, rules::Rules};

use super::promql::{self, Side};
use crate::support::{Service, order};

/// The labels of each metric.
type Metrics = BTreeMap<String, BTreeSet<String>>;

/// What there is to name.
pub(crate) struct Published {
    /// By whom, and what.
    sources: [(&'static str, Metrics); 2],
    /// The variables.
    variables: BTreeSet<String>,
}

/// What Prometheus adds to every metric.
const ADDED: [&str; 2] = ["job", "instance"];

impl Published {
    /// Of a service on which everything has happened once that makes a metric appear.
    pub(crate) async fn of_the_service() -> Option<Published> {
        let directory = tempfile::tempdir().expect("a directory");
        let service = Service::new(directory.path())
            .flags(&[
                "--events",
                "http://127.0.0.1:1",
                "--otlp-endpoint",
                "http://127.0.0.1:1",
            ])
            .flags(&["--supplier", "http://127.0.0.1:1"])
            .flags(&["--concurrency", "1", "--queue", "1"])
            .flags(&["--chaos", "GET /v1/shop latency=200ms"])
            .start();
        let client = service.client();
        let order_of = |pieces| order(&[(1, pieces)]);
        assert_eq!(client.post("/v1/orders", &order_of(1)).await.status, 201);
        client.post("/v1/orders", &order_of(1_000_000)).await;
        let mut shed = false;
        while !shed {
            // More at once than there are places and room to wait: somebody is refused.
            let mut asking = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let client = service.client();
                asking.spawn(async move { client.get("/v1/shop").await.status });
            }
            shed = asking
                .join_all()
                .await
                .contains(&503.try_into().expect("a status"));
        }
        let debug = service.debug_client();
        let own = debug.get("/metrics").await.body;
        let variables = debug.get("/debug/vars").await.body;
        let (status, _) = service.stop().await;
        assert!(status.success());

        let document = Document::parse(&variables).expect("variables");
        let rules = Rules::parse("").expect("the built-in rules");
        let converted = convert(&document, &rules, 100_000);
        let sidecar = exposition::write(&converted.families, exposition::Format::Prometheus);
        for text in [&own[..], sidecar.as_bytes()] {
            read_by_prometheus_own_library(text);
        }
        let published = Published {
            sources: [
                ("the service", metrics(&own)),
                ("the sidecar", metrics(sidecar.as_bytes())),
            ],
            variables: document
                .values()
                .iter()
                .map(|(path, _)| path.to_string())
                .collect(),
        };
        if published
            .variables
            .iter()
            .any(|name| name.starts_with("cgroup.cpu."))
        {
            return Some(published);
        }
        eprintln!("SKIPPED: without a cgroup here the service has none of its metrics");
        None
    }

    /// What an expression names that is not there; `recorded` are the metrics that rules make. It has to work with either
    /// source alone.
    pub(crate) fn unknown(&self, expression: &str, recorded: &Metrics) -> Vec<String> {
        let sides = match promql::sides(expression) {
            Ok(sides) => sides,
            Err(error) => return vec![format!("{expression}: {error}")],
        };
        let mut wrong = Vec::new();
        for (source, metrics) in &self.sources {
            let mut all = sides.iter().map(|side| missing(side, metrics, recorded));
            if !all.any(|missing| missing.is_empty()) {
                let missing = sides
                    .iter()
                    .flat_map(|side| missing(side, metrics, recorded));
                let missing: Vec<String> = missing.collect();
                wrong.push(format!(
                    "{expression}: {source} has no {}",
                    missing.join(", ")
                ));
            }
        }
        // No side is there for nothing.
        for side in &sides {
            let fits = |(_, metrics): &(&str, Metrics)| missing(side, metrics, recorded).is_empty();
            if !self.sources.iter().any(fits) {
                wrong.push(format!(
                    "{expression}: nobody has all of {:?}",
                    side.selectors
                ));
            }
        }
        wrong
    }

    /// Whether there is such a variable, or one whose growth it is.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        let of = name.strip_suffix(".rate").unwrap_or(name);
        self.variables.contains(of)
    }
}

fn missing(side: &Side, metrics: &Metrics, recorded: &Metrics) -> Vec<String> {
    let mut missing = Vec::new();
    let mut known: BTreeSet<&str> = ADDED.into();
    for selector in &side.selectors {
        let name = &selector.metric;
        let Some(labels) = metrics.get(name).or_else(|| recorded.get(name)) else {
            missing.push(name.clone());
            continue;
        };
        known.extend(labels.iter().map(String::as_str));
        for label in &selector.labels {
            if !labels.contains(label) && !ADDED.contains(&label.as_str()) {
                missing.push(format!("{name}{{{label}}}"));
            }
        }
    }
    let unknown = side
        .groups
        .iter()
        .filter(|label| !known.contains(label.as_str()));
    missing.extend(unknown.map(|label| format!("label {label}")));
    missing
}

fn metrics(text: &[u8]) -> Metrics {
    let parsed = exposition::parse(text);
    assert_eq!(parsed.bad_count, 0, "{:?}", parsed.bad_lines);
    let mut metrics = Metrics::new();
    // Prometheus makes this one itself.
    metrics.insert("up".to_owned(), BTreeSet::new());
    for sample in parsed.families.iter().flat_map(|family| &family.samples) {
        let labels = metrics.entry(sample.name.clone()).or_default();
        labels.extend(sample.labels.iter().map(|(name, _)| name.clone()));
    }
    metrics
}

/// Its client library for Python takes every line.
fn read_by_prometheus_own_library(text: &[u8]) {
    if let Some(families) = super::official::read(text, "text/plain") {
        assert!(families.contains("requests counter"), "{families}");
    }
}

#[test]
fn what_is_not_there_is_told() {
    let one = |name: &str, labels: &[&str]| {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        Metrics::from([
            (name.to_owned(), labels),
            ("both".to_owned(), BTreeSet::new()),
        ])
    };
    let published = Published {
        sources: [("a", one("as", &["code"])), ("b", one("bs", &[]))],
        variables: ["hits".to_owned()].into(),
    };
    let recorded = one("made:up", &[]);
    let wrong = |expression| published.unknown(expression, &recorded).len();
    for fine in [
        "both",
        "as or bs",
        "made:up > both",
        "sum by (code, job) (as) or bs",
        "both{instance=\"x\"}",
    ] {
        assert_eq!(wrong(fine), 0, "{fine}");
    }
    for (bad, problems) in [
        ("as", 1),
        ("none", 3),
        ("both or none", 1),
        ("both{code=\"5\"}", 3),
        ("sum by (code) (both)", 3),
    ] {
        assert_eq!(wrong(bad), problems, "{bad}");
    }
    assert!(published.has_variable("hits.rate") && !published.has_variable("rate"));
}
