//! The crates of the workspace and their layers: how many there are, what uses what, and how far a change of one reaches.

mod graph;

use std::path::Path;

use anyhow::Context as _;

use super::{Bench, Found};
use crate::context::Context;
use crate::record::{Row, Unit};
use graph::Graph;

pub(crate) const BENCH: Bench = Bench {
    name: "layers",
    what: "The workspace's own crates, as `cargo metadata` describes them: how many there are, which way their edges go, and how \
           many are compiled again after a change of one.",
    run: |_: &Context| Box::pin(async { run() }),
};

/// What is changed, and how people call it.
const CHANGES: [(&str, &str); 4] = [
    ("sync", "service/foundation/sync"),
    ("order", "service/business/domain/order"),
    ("sales-api", "service/app/services/sales-api"),
    ("a lab", "labs/channels"),
];

fn run() -> anyhow::Result<Found> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../..");
    let root = root.canonicalize().context("the workspace")?;
    let graph = Graph::read(&root)?;
    let mut rows = graph.rows();
    for (name, folder) in CHANGES {
        let users = graph.users(folder)?;
        rows.push(Row::counted(
            &format!("{name} changed: crates compiled again"),
            Unit::Count,
            (users + 1) as f64,
            None,
        ));
    }
    Ok(Found {
        rows,
        notes: vec![
            "Edges are those of programs and libraries, not of tests; `.cargo/unify`, which holds no code, is left out. Compiled again \
             is the crate itself, what uses it, and what uses those, as cargo does it by the time of a file's last change."
                .to_owned(),
        ],
    })
}
