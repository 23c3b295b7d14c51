//! What labs have committed is what they are.

use std::path::Path;
use std::process::Command;
use workbook::book::figure;
use workbook::workspace::Workspace;

/// The page's sliders are made of `knobs.json`, because the book is built without running labs.
#[test]
fn each_labs_committed_knobs_are_those_it_has() {
    let workspace = Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this workspace");
    for lab in workspace.labs() {
        let output = Command::new("cargo")
            .args([
                "run",
                "--quiet",
                "--package",
                &lab,
                "--",
                "--describe",
                "json",
            ])
            .current_dir(workspace.root())
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "{lab}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let real: lab_format::LabInfo =
            serde_json::from_slice(&output.stdout).expect("what a lab says of itself");
        let committed = figure::knobs(&workspace, &lab).expect("committed knobs");
        assert_eq!(
            committed,
            real,
            "{lab}'s knobs have changed; commit them with: cargo run -p {lab} -- --describe json > labs/{lab}/figures/{}",
            figure::KNOBS
        );
    }
}
