//! What labs have committed is what they are.

use lab_format::draw::{self, SvgOptions};
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

#[test]
fn what_follows_a_labs_name_is_the_labs() {
    let workspace = Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this workspace");
    let said = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_workbook"))
            .arg("lab")
            .args(arguments)
            .current_dir(workspace.root())
            .output()
            .expect("the workbook runs");
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code(), text)
    };
    for arguments in [&["channels", "--help"][..], &["channels", "--", "--help"]] {
        let (code, text) = said(arguments);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("--capacity"), "{text}");
    }
    let (code, text) = said(&["channels", "--capacity", "many"]);
    assert_eq!(code, Some(2), "its own exit code: {text}");
    let (code, text) = said(&["--help"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("what follows its name is the lab's"),
        "{text}"
    );
    let (code, text) = said(&["channel"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("there is no lab"), "{text}");
}

/// An older drawing looks different from the reader's own run, and its style is not the one that a page with live runs allows.
#[test]
fn each_committed_picture_is_drawn_as_runs_are_today() {
    let workspace = Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this workspace");
    for lab in workspace.labs() {
        let info = figure::knobs(&workspace, &lab).expect("committed knobs");
        for name in info.figures.iter().map(|figure| &figure.name) {
            let committed = figure::figure(&workspace, &lab, name).expect("a committed figure");
            // Nothing recorded, no picture.
            let Some(svg) = committed.svg else { continue };
            let title = svg
                .split_once("<title")
                .and_then(|(_, rest)| rest.split_once('>')?.1.split_once("</title>"));
            let options = SvgOptions {
                title: title.expect("a title").0.to_owned(),
                ..SvgOptions::default()
            };
            let today = draw::svg(&committed.run.timeline, &options);
            assert!(
                svg.trim_end() == today.trim_end(),
                "{lab}/{name}.svg was drawn by an older version: cargo run -p {lab} -- --redraw"
            );
        }
    }
}
