//! The command lines of this workspace's programs, as their own `--help` tells them.
//!
//! They are kept in `book/reference/`, a file for each program, because the book is built without running anything.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The programs that people start, with their packages. Each lab is another one.
pub const PROGRAMS: [(&str, &str); 5] = [
    ("workbook", "workbook"),
    ("sales-api", "sales-api"),
    ("sales-admin", "sales-admin"),
    ("sales-load", "sales-load"),
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
    all.map(|name| {
        let mut text = String::new();
        tell(&programs.join(name), &mut vec![name.to_owned()], &mut text)?;
        Ok((folder(workspace).join(format!("{name}.txt")), text))
    })
    .collect()
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
    let output = Command::new(program)
        .args(command)
        .arg("--help")
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
        "{} {} --help: {}",
        program.display(),
        command.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} --help is not text", program.display()))
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
    fn commands_are_taken_from_the_help() {
        let help = "Does it.\n\nUsage: x <COMMAND>\n\nCommands:\n  up     All of it\n  serve  The book, which goes\n         on here\n  help   Print this\n\nOptions:\n  -h  Help\n";
        assert_eq!(commands(help), ["up", "serve"]);
        assert_eq!(commands("Usage: x\n"), [""; 0]);
    }
}
