//! Each command that a page prints is run, and prints what the page says.
//!
//! How one is run if not simply to its end stands in `book/commands.toml`. Commands run in a fresh clone and, where the machine
//! allows it, in a network of their own, so that the ports on the page are free and nobody is disturbed.

mod check;
mod compare;
mod network;
mod program;
mod rules;
mod run;
mod sandbox;

use check::Known;
use rules::Rules;
use std::path::Path;
use workbook::printed::{self, Page};
use workbook::workspace::Workspace;

fn workspace() -> Workspace {
    Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR")))
        .expect("this test runs inside the workspace")
}

/// The book's pages, and those beside it that say what to type; what a benchmark writes is none.
fn pages(workspace: &Workspace) -> Vec<Page> {
    let mut pages = printed::of_book(workspace).expect("a sound book");
    let listed = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .args(["*.md", ":!book/src", ":!*/results/*"])
        .current_dir(workspace.root())
        .output()
        .expect("git lists the files");
    for file in String::from_utf8_lossy(&listed.stdout).lines() {
        let text = std::fs::read_to_string(workspace.root().join(file)).expect("a page");
        pages.push(printed::of_markdown(Path::new(file), &text, &[]));
    }
    pages
}

#[test]
fn each_printed_command_is_known() {
    let workspace = workspace();
    let rules = Rules::read(&workspace);
    let known = Known::of(&workspace);
    let mut wrong = Vec::new();
    let mut used = vec![false; rules.commands.len()];
    for page in pages(&workspace) {
        wrong.extend(page.problems.iter().map(ToString::to_string));
        for command in page.sessions.iter().flat_map(|session| &session.commands) {
            let text = rules.filled_in(&command.text);
            let rule = rules.of(&page.file, &text);
            if let Some(index) = rule {
                used[index] = true;
            }
            if let Err(why) = known.check(&text, rule.map(|index| &rules.commands[index])) {
                wrong.push(format!(
                    "{}:{}: {}: {why}",
                    page.file.display(),
                    command.line,
                    command.text
                ));
            }
        }
    }
    let unused = rules.commands.iter().zip(used).filter(|(_, used)| !used);
    wrong.extend(
        unused.map(|(rule, _)| format!("book/commands.toml: no page prints {:?}", rule.is)),
    );
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
#[ignore = "takes minutes: make commands"]
fn each_printed_command_does_what_its_page_says() {
    let Some(network) = network::enter("each_printed_command_does_what_its_page_says") else {
        return;
    };
    let workspace = workspace();
    let rules = Rules::read(&workspace);
    let mut pages = pages(&workspace);
    if let Ok(part) = std::env::var("PAGE") {
        pages.retain(|page| page.file.to_string_lossy().contains(&part));
    }
    let told = run::all(&workspace, &rules, &pages, network);
    println!("\n{told}");
    assert!(told.wrong.is_empty(), "\n{}\n", told.wrong.join("\n"));
}
