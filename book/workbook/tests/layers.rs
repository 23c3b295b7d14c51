//! The layer table of the architecture page is the crate graph.
//!
//! Failures say which import breaks which row, and what to do about it.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const PAGE: &str = "book/src/architecture.md";
const FOUNDATION: &str = "service/foundation/";

/// What the page allows.
struct Page {
    /// Pattern of crates → patterns of what they may use.
    layers: Vec<(String, Vec<String>)>,
    /// Foundation crate → foundation crates that it may use.
    edges: BTreeMap<String, Vec<String>>,
}

/// A crate of this workspace, by its folder, and the folders of those it uses outside of tests.
type Graph = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_crate_graph_is_the_layer_table() {
    let faults = faults(&read_page(), &graph(&metadata()));
    assert!(faults.is_empty(), "\n\n{}\n", faults.join("\n\n"));
}

#[test]
fn every_crate_lives_by_the_workspaces_lints() {
    let root = root();
    let workspace = manifest(&root);
    let mut faults = Vec::new();
    for folder in graph(&metadata()).keys() {
        let own = manifest(&root.join(folder));
        let problem = if folder == "service/foundation/collect" {
            differs_in_more_than_unsafe(&workspace, &own)
        } else {
            (lines(&own, "[lints]") != ["workspace = true"])
                .then(|| "says something else".to_owned())
        };
        if let Some(problem) = problem {
            faults.push(format!(
                "{folder}/Cargo.toml {problem}. Its [lints] table must hold `workspace = true` alone, so that `unsafe` stays \
                 forbidden and every crate is held to the same rules. (Only collect may differ, and in unsafe_code only.)"
            ));
        }
    }
    assert!(faults.is_empty(), "\n\n{}\n", faults.join("\n\n"));
}

#[test]
fn faults_are_found_and_say_what_to_do() {
    let page = parse(
        "## Layers\n\n| layer | may use | must not |\n|---|---|---|\n| `low/*` | nothing | x |\n| `high/*` | `low/*` | y |\n| `gone` | `low/*` | z |\n\
         \n## Edges inside the foundation\n\n| crate | may use |\n|---|---|\n| `web` | `expvar` |\n",
    );
    let graph = |edges: &[(&str, &[&str])]| -> Graph {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        edges
            .iter()
            .map(|(name, uses)| ((*name).to_owned(), owned(uses)))
            .collect()
    };
    let check = |edges: &[(&str, &[&str])], expected: &str| {
        let found = faults(&page, &graph(edges)).join("\n");
        assert!(
            found.contains(expected),
            "expected {expected:?} in\n{found}"
        );
    };
    check(
        &[("low/a", &["high/b"]), ("high/b", &[])],
        "low/a uses high/b, but crates that match `low/*` may use nothing",
    );
    check(&[("other", &[])], "other has no row in the layer table");
    check(&[("low/a", &[])], "the row `gone` matches no crate");
    check(
        &[
            ("service/foundation/web", &["service/foundation/debug"]),
            ("service/foundation/debug", &[]),
        ],
        "web uses debug, but inside the foundation web may use expvar",
    );
    check(
        &[("service/foundation/web", &[])],
        "web does not use expvar (any more)",
    );
    let sound = graph(&[("low/a", &[]), ("high/b", &["low/a"]), ("gone", &["low/a"])]);
    let page = Page {
        edges: BTreeMap::new(),
        ..page
    };
    assert_eq!(faults(&page, &sound), [""; 0]);
}

fn faults(page: &Page, graph: &Graph) -> Vec<String> {
    let mut faults: Vec<String> = graph
        .iter()
        .flat_map(|(name, uses)| {
            if name.starts_with(FOUNDATION) {
                foundation_faults(page, name, uses)
            } else {
                layer_faults(page, name, uses)
            }
        })
        .collect();
    for (pattern, _) in &page.layers {
        if !graph.keys().any(|name| matches(pattern, name)) {
            faults.push(format!("the row `{pattern}` matches no crate: take it out of the layer table of {PAGE}, or correct its name"));
        }
    }
    for (name, uses) in &page.edges {
        let real = graph.get(&format!("{FOUNDATION}{name}"));
        for used in uses {
            if !real.is_some_and(|real| real.contains(&format!("{FOUNDATION}{used}"))) {
                faults.push(format!(
                    "{name} does not use {used} (any more): take it out of \"Edges inside the foundation\" in {PAGE}, which \
                     lists what is and not what was"
                ));
            }
        }
    }
    faults
}

fn layer_faults(page: &Page, name: &str, uses: &BTreeSet<String>) -> Vec<String> {
    // The row that names a crate most exactly counts.
    let row = page
        .layers
        .iter()
        .filter(|(pattern, _)| matches(pattern, name))
        .max_by_key(|(pattern, _)| pattern.len());
    let Some((pattern, allowed)) = row else {
        return vec![format!(
            "{name} has no row in the layer table: say in {PAGE} which layer it belongs to and what it may use"
        )];
    };
    let may = if allowed.is_empty() {
        "nothing".to_owned()
    } else {
        allowed.join(", ")
    };
    uses.iter()
        .filter(|used| !allowed.iter().any(|pattern| matches(pattern, used)))
        .map(|used| {
            format!(
                "{name} uses {used}, but crates that match `{pattern}` may use {may}.\n\
                 Imports go down only. Move what {name} needs from {used} into a crate that both may use, or pass it in as \
                 a value or a trait from above. If the layering itself is wrong, change that row of {PAGE} in the same commit and say why."
            )
        })
        .collect()
}

fn foundation_faults(page: &Page, name: &str, uses: &BTreeSet<String>) -> Vec<String> {
    let short = name.trim_start_matches(FOUNDATION);
    let allowed: &[String] = page.edges.get(short).map_or(&[], Vec::as_slice);
    let may = if allowed.is_empty() {
        "nothing".to_owned()
    } else {
        allowed.join(", ")
    };
    uses.iter()
        .map(|used| used.trim_start_matches(FOUNDATION))
        .filter(|used| !allowed.iter().any(|known| known == used))
        .map(|used| {
            format!(
                "{short} uses {used}, but inside the foundation {short} may use {may}.\n\
                 Foundation crates are leaves that can be taken alone: let {short} accept what it needs as an argument, or move the \
                 shared part into one of the two. If the edge is right, add it to \"Edges inside the foundation\" in {PAGE}."
            )
        })
        .collect()
}

/// Whether a folder matches a row's pattern: equal, or below `…/*`.
fn matches(pattern: &str, folder: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => folder.starts_with(start) && folder.len() > start.len(),
        None => pattern == folder,
    }
}

fn read_page() -> Page {
    parse(&std::fs::read_to_string(root().join(PAGE)).expect("the architecture page"))
}

fn parse(text: &str) -> Page {
    let page = Page {
        layers: rows(text, "## Layers"),
        edges: rows(text, "## Edges inside the foundation")
            .into_iter()
            .collect(),
    };
    assert!(
        !page.layers.is_empty() && !page.edges.is_empty(),
        "{PAGE} has lost one of its tables"
    );
    page
}

/// The rows of the first table below a heading: the code in the first cell, the codes in the second.
fn rows(text: &str, heading: &str) -> Vec<(String, Vec<String>)> {
    let below = text.split_once(heading).map_or("", |(_, below)| below);
    let table = below
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    table
        .skip(2)
        .filter_map(|row| {
            let mut cells = row.trim_matches('|').split('|');
            Some((codes(cells.next()?).first()?.clone(), codes(cells.next()?)))
        })
        .collect()
}

fn codes(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo knows the workspace")
}

/// Dependencies that ship: tests may use what they like.
fn graph(metadata: &Metadata) -> Graph {
    let root = metadata.workspace_root.as_std_path();
    let folder = |path: &Path| {
        path.strip_prefix(root)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    };
    metadata
        .workspace_packages()
        .iter()
        .map(|package| {
            let uses = package
                .dependencies
                .iter()
                .filter(|used| used.kind != DependencyKind::Development);
            let uses = uses
                .filter_map(|used| used.path.as_ref())
                .map(|path| folder(path.as_std_path()));
            // A hidden folder holds no code: it only unifies the features of dependencies.
            let uses = uses.filter(|used| !used.starts_with('.')).collect();
            (
                folder(
                    package
                        .manifest_path
                        .parent()
                        .map_or(root, |parent| parent.as_std_path()),
                ),
                uses,
            )
        })
        .filter(|(name, _)| !name.starts_with('.'))
        .collect()
}

/// The lines of one table of a manifest, without comments and empty ones.
fn lines(manifest: &str, table: &str) -> Vec<String> {
    let below = manifest
        .lines()
        .skip_while(|line| line.trim() != table)
        .skip(1);
    let lines = below
        .take_while(|line| !line.starts_with('['))
        .map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn differs_in_more_than_unsafe(workspace: &str, own: &str) -> Option<String> {
    ["rust", "clippy"].into_iter().find_map(|tool| {
        let shared = lines(workspace, &format!("[workspace.lints.{tool}]"));
        let here = lines(own, &format!("[lints.{tool}]"));
        let other = |line: &&String| {
            !line.starts_with("unsafe_code")
                && !line.starts_with("unsafe_op_in_unsafe_fn")
                && !line.contains("undocumented_unsafe_blocks")
        };
        let missing = shared
            .iter()
            .filter(other)
            .find(|line| !here.contains(line));
        let more = here
            .iter()
            .filter(other)
            .find(|line| !shared.contains(line));
        missing
            .map(|line| format!("lacks `{line}` in [lints.{tool}]"))
            .or_else(|| {
                more.map(|line| {
                    format!("has `{line}` in [lints.{tool}], which the workspace has not")
                })
            })
    })
}

fn manifest(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
