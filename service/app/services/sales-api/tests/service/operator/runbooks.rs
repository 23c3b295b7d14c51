//! The pages of `runbooks/`.

use std::collections::BTreeSet;
use std::path::Path;

use super::published::Published;
use super::{rules, zarf};

/// In this order.
const SECTIONS: [&str; 4] = [
    "## What it means",
    "## How to see it",
    "## What to do",
    "## When it is over",
];

/// What is wrong with them.
pub(crate) fn wrong(published: &Published) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut wanted = BTreeSet::from(["README.md".to_owned()]);
    let index = super::text("runbooks/README.md");
    for rule in rules::all() {
        let (Some(alert), Some(page)) = (&rule.alert, rule.annotations.get("runbook_url")) else {
            continue;
        };
        let name = Path::new(page).file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        if !index.contains(&format!("[{alert}]({name})")) {
            wrong.push(format!("README.md does not list {alert}"));
        }
        let text = std::fs::read_to_string(zarf().join("runbooks").join(&name));
        if let Ok(text) = text {
            wrong.extend(wrong_page(&name, alert, &text, published));
        }
        if !wanted.insert(name.clone()) {
            wrong.push(format!("{name} is the page of two alerts"));
        }
    }
    let there = std::fs::read_dir(zarf().join("runbooks")).expect("a folder");
    for file in there.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if !wanted.contains(&name) {
            wrong.push(format!("{name} is the page of no alert"));
        }
    }
    wrong
}

fn wrong_page(name: &str, alert: &str, text: &str, published: &Published) -> Vec<String> {
    let mut wrong = Vec::new();
    if !text.starts_with(&format!("# {alert}\n")) {
        wrong.push(format!("{name} begins with another name than {alert}"));
    }
    let places: Vec<Option<usize>> = SECTIONS
        .iter()
        .map(|section| text.find(&format!("\n{section}\n")))
        .collect();
    if places.contains(&None) || !places.is_sorted() {
        wrong.push(format!(
            "{name} has not these sections in this order: {SECTIONS:?}"
        ));
        return wrong;
    }
    let (_, seeing) = text.split_once(SECTIONS[1]).unwrap_or_default();
    let (seeing, _) = seeing.split_once(SECTIONS[2]).unwrap_or_default();
    if !seeing.contains("\ncutaway ") {
        wrong.push(format!("{name} has no command of the console"));
    }
    for list in text.split("--vars ").skip(1) {
        let list = list.split_whitespace().next().unwrap_or_default();
        for variable in list.split(',') {
            if !published.has_variable(variable) {
                wrong.push(format!("{name}: there is no variable {variable}"));
            }
        }
    }
    wrong
}
