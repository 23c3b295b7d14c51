//! The crates of this workspace and what they use of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::record::{Row, Unit};

/// The layers, by the folders that they lie in; the order is from the top down, and imports of the service go that way.
const LAYERS: [(&str, &str); 6] = [
    ("app", "service/app/"),
    ("business", "service/business/"),
    ("foundation", "service/foundation/"),
    ("labs", "labs/"),
    ("console", "console"),
    ("book", "book/"),
];
/// Those of [`LAYERS`] that are the service's.
const SERVICE: usize = 3;

/// Each crate, by its folder, and the folders of those that it uses outside of tests.
pub(super) struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    pub(super) fn read(root: &Path) -> anyhow::Result<Graph> {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(root)
            .output()
            .context("cargo")?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Graph::of(&serde_json::from_slice(&output.stdout)?, root))
    }

    fn of(metadata: &Value, root: &Path) -> Graph {
        let folder = |path: &str| {
            let path = Path::new(path);
            path.strip_prefix(root)
                .unwrap_or(path)
                .to_string_lossy()
                .into_owned()
        };
        let mut graph = BTreeMap::new();
        for package in metadata["packages"].as_array().into_iter().flatten() {
            let manifest = package["manifest_path"].as_str().unwrap_or_default();
            let name = folder(manifest.trim_end_matches("/Cargo.toml"));
            let used = package["dependencies"].as_array().into_iter().flatten();
            let used = used.filter(|used| used["kind"] != "dev");
            let used = used.filter_map(|used| used["path"].as_str()).map(folder);
            graph.insert(name, used.filter(|name| !name.starts_with('.')).collect());
        }
        graph.retain(|name, _| !name.starts_with('.'));
        Graph(graph)
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let count = |what: &str, count: usize| Row::counted(what, Unit::Count, count as f64, None);
        let mut rows = vec![count("crates", self.0.len())];
        for (name, folder) in LAYERS {
            let crates = self.0.keys().filter(|name| name.starts_with(folder));
            rows.push(count(&format!("crates: {name}"), crates.count()));
        }
        rows.push(count("edges between them", self.edges().count()));
        let service = self
            .edges()
            .filter_map(|(from, to)| layer(from).zip(layer(to)));
        let service: Vec<_> = service
            .filter(|(from, to)| *from < SERVICE && *to < SERVICE)
            .collect();
        let up = service.iter().filter(|(from, to)| to < from).count();
        let down = service.iter().filter(|(from, to)| to > from).count();
        rows.push(count("edges of the service to a lower layer", down));
        rows.push(count("edges of the service to a higher layer", up));
        rows
    }

    /// How many crates use the one in `folder`, directly or through others.
    pub(super) fn users(&self, folder: &str) -> anyhow::Result<usize> {
        let (start, _) = self
            .0
            .get_key_value(folder)
            .with_context(|| format!("the workspace has no crate in {folder}"))?;
        let mut reached = BTreeSet::from([start]);
        loop {
            let more = self
                .0
                .iter()
                .filter(|(_, uses)| uses.iter().any(|used| reached.contains(used)));
            let more: Vec<&String> = more
                .map(|(name, _)| name)
                .filter(|name| !reached.contains(name))
                .collect();
            if more.is_empty() {
                return Ok(reached.len() - 1);
            }
            reached.extend(more);
        }
    }

    fn edges(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(from, uses)| uses.iter().map(move |to| (from.as_str(), to.as_str())))
    }
}

fn layer(folder: &str) -> Option<usize> {
    LAYERS
        .iter()
        .position(|(_, layer)| folder.starts_with(layer))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph() -> Graph {
        let package = |folder: &str, uses: &[(&str, Option<&str>)]| {
            let uses: Vec<Value> = uses
                .iter()
                .map(|(path, kind)| json!({"path": format!("/w/{path}"), "kind": kind}))
                .collect();
            json!({"manifest_path": format!("/w/{folder}/Cargo.toml"), "dependencies": uses})
        };
        let metadata = json!({"packages": [
            package(".cargo/unify", &[]),
            package("service/foundation/sync", &[]),
            package("service/foundation/web", &[("service/foundation/sync", None), (".cargo/unify", None)]),
            package("service/business/order", &[("service/foundation/web", None), ("service/app/api", None)]),
            package("service/app/api", &[("service/business/order", None), ("service/foundation/sync", Some("dev"))]),
        ]});
        Graph::of(&metadata, Path::new("/w"))
    }

    #[test]
    fn a_change_reaches_all_that_use_it_and_what_uses_those() {
        let users = |folder| graph().users(folder).ok();
        assert_eq!(users("service/foundation/sync"), Some(3));
        assert_eq!(users("service/foundation/web"), Some(2));
        assert_eq!(users("nowhere"), None);
    }

    #[test]
    fn tests_are_no_edges_and_an_edge_up_is_counted() {
        let rows = graph().rows();
        let value = |what: &str| {
            rows.iter()
                .find(|row| row.what == what)
                .map(|row| row.estimate.value)
        };
        assert_eq!(value("crates"), Some(4.0));
        assert_eq!(value("edges between them"), Some(4.0));
        assert_eq!(value("edges of the service to a lower layer"), Some(2.0));
        assert_eq!(value("edges of the service to a higher layer"), Some(1.0));
    }
}
