//! `workbook reset`.

use super::terminal::{Terminal, say};
use anyhow::{Context, Result, bail};
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

impl Terminal {
    pub(super) fn reset(&self, name: &str, yes: bool) -> Result<ExitCode> {
        let exercise = self.desk.catalogue.find(name)?;
        self.desk.folder.program(exercise)?;
        let shown = self.file(exercise);
        if !yes
            && !asked(&format!(
                "Put the starter in place of {shown}? Yours is kept beside it. [y/N] "
            ))?
        {
            say("Nothing is changed.");
            return Ok(ExitCode::FAILURE);
        }
        let kept = self.desk.folder.reset(exercise)?;
        say(&format!(
            "{shown} is the starter again; yours is {}",
            self.desk.workspace.relative(&kept).display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks a person. Without one, the answer is no.
fn asked(question: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("there is nobody to ask: say --yes");
    }
    print!("{question}");
    io::stdout().flush().context("cannot ask")?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}
