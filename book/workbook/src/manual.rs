//! The command lines of this workspace's programs, as their own `--help` tells them.
//!
//! They are kept in `book/reference/`, a file for each program, because the book is built without running anything. The lists in
//! the service's README are made the same way.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The programs that people start, with their packages. Each lab is another one.
pub const PROGRAMS: [(&str, &str); 8] = [
    ("workbook", "workbook"),
    ("sales-api", "sales-api"),
    ("sales-admin", "sales-admin"),
    ("sales-load", "sales-load"),
    ("sales-metrics", "sales-metrics"),
    ("sales-image", "sales-image"),
    ("logfmt", "logfmt"),
    ("cutaway", "cutaway"),
];

/// The folder of the files.
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.book().join("reference")
}

/// The files as they should be, with their text: what the programs in the folder `programs` say.
pub fn pages(workspace: &Workspace, programs: &Path) -> Result<Vec<(PathBuf, String)>> {
    let labs = workspace.labs();
    let all = PROGRAMS
        .iter()
        .map(|(name, _)| *name)
        .chain(labs.iter().map(String::as_str));
    let helps = all.map(|name| {
        let mut text = String::new();
        tell(&programs.join(name), &mut vec![name.to_owned()], &mut text)?;
        Ok((folder(workspace).join(format!("{name}.txt")), text))
    });
    let variables = ask(&programs.join("sales-api"), &["--variables"])
        .map(|table| (folder(workspace).join("sales-variables.md"), table));
    let readme = service_page(workspace, programs);
    helps.chain([variables, readme]).collect()
}

/// What begins a part of a page that a program writes, `<!-- generated: PROGRAM WORDS -->`, and what ends it.
const BEGIN: (&str, &str) = ("<!-- generated: ", " -->");
const END: &str = "<!-- end -->";

/// The service's README with the parts that its programs write.
fn service_page(workspace: &Workspace, programs: &Path) -> Result<(PathBuf, String)> {
    let file = workspace.root().join("service/README.md");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let say = |command: &str| {
        let mut words = command.split_whitespace();
        let program = words.next().context("a generated part of no program")?;
        ask(&programs.join(program), &words.collect::<Vec<_>>())
    };
    let filled = filled(&text, say).with_context(|| file.display().to_string())?;
    Ok((file, filled))
}

/// The page with its generated parts as `say` has them.
fn filled(text: &str, say: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut page = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        page.push_str(line);
        page.push('\n');
        let command = line
            .strip_prefix(BEGIN.0)
            .and_then(|line| line.strip_suffix(BEGIN.1));
        if let Some(command) = command {
            ensure!(
                lines.any(|line| line == END),
                "{command:?} has no end: {END}"
            );
            let said = say(command)?;
            page.extend(["\n", said.trim_end(), "\n\n", END, "\n"]);
        }
    }
    Ok(page)
}

/// Adds the help of a program's command, and of those below it.
fn tell(program: &Path, command: &mut Vec<String>, text: &mut String) -> Result<()> {
    let help = help(program, &command[1..])?;
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str("$ ");
    text.push_str(&command.join(" "));
    text.push_str(" --help\n");
    for line in help.trim_end().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for name in commands(&help) {
        command.push(name);
        tell(program, command, text)?;
        command.pop();
    }
    Ok(())
}

fn help(program: &Path, command: &[String]) -> Result<String> {
    let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
    words.push("--help");
    ask(program, &words)
}

/// What a program says when it is called with these words.
fn ask(program: &Path, words: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(words)
        // What it says must not depend on who asks: no settings, no terminal, one width.
        .env_clear()
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .with_context(|| {
            format!(
                "cannot run {}: cargo build --workspace --bins makes it",
                program.display()
            )
        })?;
    ensure!(
        output.status.success(),
        "{} {}: {}",
        program.display(),
        words.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} {} is not text", program.display(), words.join(" ")))
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = list.take_while(|line| line.starts_with(' '));
    // What goes on from the line before is indented further.
    let names = listed
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_parts_are_filled_in() {
        let say = |command: &str| Ok(format!("[{command}]\n"));
        let page = "a\n<!-- generated: x --y -->\nold\n<!-- end -->\nb\n";
        let new = filled(page, say).expect("a sound page");
        assert_eq!(
            new,
            "a\n<!-- generated: x --y -->\n\n[x --y]\n\n<!-- end -->\nb\n"
        );
        assert_eq!(filled(&new, say).expect("the same"), new);
        assert!(filled("<!-- generated: x -->\nold\n", say).is_err());
    }

    #[test]
    fn commands_are_taken_from_the_help() {
        let help = "Does it.\n\nUsage: x <COMMAND>\n\nCommands:\n  up     All of it\n  serve  The book, which goes\n         on here\n  help   Print this\n\nOptions:\n  -h  Help\n";
        assert_eq!(commands(help), ["up", "serve"]);
        assert_eq!(commands("Usage: x\n"), [""; 0]);
    }
}
