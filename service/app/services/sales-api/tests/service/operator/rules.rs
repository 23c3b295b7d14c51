//! `prometheus/alerts.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::published::Published;
use super::{root, text};

/// As Prometheus reads it; other keys it would refuse.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    record: Option<String>,
    pub(crate) alert: Option<String>,
    expr: String,
    #[serde(rename = "for")]
    lasts: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// All rules.
pub(crate) fn all() -> Vec<Rule> {
    let rules: Rules = serde_saphyr::from_str(&text("prometheus/alerts.yaml")).expect("rules");
    let mut names = BTreeSet::new();
    for group in &rules.groups {
        assert!(
            names.insert(group.name.clone()),
            "{} is there twice",
            group.name
        );
    }
    rules
        .groups
        .into_iter()
        .flat_map(|group| group.rules)
        .collect()
}

/// What is wrong with them.
pub(crate) fn wrong(published: &Published) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut recorded = BTreeMap::new();
    let mut names = BTreeSet::new();
    for rule in all() {
        wrong.extend(published.unknown(&rule.expr, &recorded));
        let name = match (&rule.record, &rule.alert) {
            (Some(name), None) => {
                recorded.insert(name.clone(), BTreeSet::new());
                name
            }
            (None, Some(name)) => {
                wrong.extend(wrong_alert(name, &rule));
                name
            }
            _ => panic!("either `record` or `alert`: {rule:?}"),
        };
        if !names.insert(name.clone()) {
            wrong.push(format!("{name} is there twice"));
        }
    }
    wrong
}

fn wrong_alert(name: &str, rule: &Rule) -> Vec<String> {
    let mut wrong = Vec::new();
    let severity = rule.labels.get("severity").map(String::as_str);
    if !matches!(severity, Some("page" | "ticket")) {
        wrong.push(format!(
            "{name}: severity is page or ticket, not {severity:?}"
        ));
    }
    let is_duration = |text: &String| {
        text.strip_suffix(['s', 'm', 'h'])
            .is_some_and(|number| number.parse::<u32>().is_ok())
    };
    if !rule.lasts.iter().all(is_duration) {
        wrong.push(format!("{name}: {:?} is no duration", rule.lasts));
    }
    for annotation in ["summary", "description", "runbook_url"] {
        if rule
            .annotations
            .get(annotation)
            .is_none_or(String::is_empty)
        {
            wrong.push(format!("{name} has no {annotation}"));
        }
    }
    let runbook = rule
        .annotations
        .get("runbook_url")
        .cloned()
        .unwrap_or_default();
    if !root().join(&runbook).is_file() {
        wrong.push(format!("{name}: there is no {runbook}"));
    }
    wrong
}
