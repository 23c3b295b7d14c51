//! The reference page leaves nothing out.

use crate::page::workspace;
use cargo_metadata::{MetadataCommand, TargetKind};
use std::collections::BTreeSet;
use workbook::manual;

/// Tools for those who work on the product; they are no part of it.
const INTERNAL: [&str; 1] = ["bench"];

#[test]
fn each_program_that_people_start_is_in_the_reference() {
    let workspace = workspace();
    let metadata = MetadataCommand::new()
        .current_dir(workspace.root())
        .no_deps()
        .exec()
        .expect("the crate graph");
    let programs: BTreeSet<String> = metadata
        .workspace_packages()
        .iter()
        .filter(|package| !INTERNAL.contains(&package.name.as_str()))
        .filter(|package| {
            package
                .targets
                .iter()
                .any(|target| target.kind.contains(&TargetKind::Bin))
        })
        .map(|package| package.name.to_string())
        .collect();
    let labs = workspace.labs();
    let told = manual::PROGRAMS
        .iter()
        .map(|(_, package)| (*package).to_owned());
    assert_eq!(programs, told.chain(labs).collect::<BTreeSet<_>>());

    let page =
        std::fs::read_to_string(workspace.chapters().join("reference.md")).expect("the page");
    for entry in std::fs::read_dir(manual::folder(&workspace))
        .expect("the folder")
        .flatten()
    {
        let name = entry.file_name().into_string().expect("a name");
        assert!(
            page.contains(&format!("{{{{#include ../reference/{name}}}}}")),
            "{name} is on no page"
        );
        // The other files are tables.
        if let Some(program) = name.strip_suffix(".txt") {
            assert!(
                programs.contains(program),
                "{name}: there is no program {program}"
            );
        }
    }
    for program in &programs {
        let file = manual::folder(&workspace).join(format!("{program}.txt"));
        assert!(file.is_file(), "no {}: make reference", file.display());
    }
}
