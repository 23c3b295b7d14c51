//! `grafana/dashboard.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::published::Published;
use super::text;

/// What is wrong with it.
pub(crate) fn wrong(published: &Published) -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&text("grafana/dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut wrong = Vec::new();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels {
        let title = panel["title"].as_str().unwrap_or_default();
        let number = |value: &Value| value.as_u64().expect("a number");
        let place = &panel["gridPos"];
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|name| number(&place[name]));
        let mut area = (y..y + h).flat_map(|y| (x..x + w).map(move |x| (x, y)));
        if title.is_empty() || !ids.insert(number(&panel["id"])) {
            wrong.push(format!(
                "a panel without a title or an id of its own: {panel}"
            ));
        }
        if x + w > 24 || !area.all(|cell| cells.insert(cell)) {
            wrong.push(format!("{title:?} lies over another panel"));
        }
        let targets = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        if targets.is_empty() != (panel["type"] == "row") {
            wrong.push(format!("{title:?} shows nothing"));
        }
        for target in targets {
            let expression = target["expr"].as_str().expect("an expression");
            let problems = published.unknown(expression, &BTreeMap::new());
            wrong.extend(
                problems
                    .into_iter()
                    .map(|problem| format!("{title}: {problem}")),
            );
        }
    }
    for variable in dashboard["templating"]["list"]
        .as_array()
        .expect("variables")
    {
        if variable["type"] == "query" {
            let asked = variable["definition"].as_str().expect("a query");
            let metric = asked
                .strip_prefix("label_values(")
                .and_then(|rest| rest.rsplit_once(", "))
                .map(|(metric, _)| metric);
            wrong.extend(published.unknown(metric.expect("a metric"), &BTreeMap::new()));
        }
    }
    wrong
}
