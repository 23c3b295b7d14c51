//! What makes a tool at home on a machine: completions, a man page, the list of keys, the config's template.

use std::io::Write;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::{Args, ConfigArgs};
use crate::config;

/// Prints completions for a shell.
pub(crate) fn completions(shell: Shell, out: &mut impl Write) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "cutaway", &mut text);
    out.write_all(&text).context("cannot print")
}

/// Prints the man page.
pub(crate) fn man(out: &mut impl Write) -> anyhow::Result<()> {
    let page = clap_mangen::Man::new(Args::command());
    let mut text = Vec::new();
    page.render(&mut text)
        .context("cannot write the man page")?;
    out.write_all(&text).context("cannot print")
}

/// Prints every key: where, its name for the config, the keys, what they do.
pub(crate) fn keys(out: &mut impl Write) -> anyhow::Result<()> {
    let mut place = String::new();
    for key in cutaway_tui::keys() {
        if key.place != place {
            writeln!(
                out,
                "{}{}:",
                if place.is_empty() { "" } else { "\n" },
                key.place
            )?;
            place.clone_from(&key.place);
        }
        let keys = key.keys.join(" ");
        writeln!(out, "  {:<28} {keys:<18} {}", key.name, key.what)?;
    }
    Ok(())
}

/// Prints the config's template, or its schema.
pub(crate) fn config(arguments: &ConfigArgs, out: &mut impl Write) -> anyhow::Result<()> {
    if arguments.path {
        let place = config::usual_place().context("neither XDG_CONFIG_HOME nor HOME is set")?;
        writeln!(out, "{}", place.display())?;
    } else if arguments.schema {
        writeln!(out, "{:#}", config::schema())?;
    } else {
        write!(out, "{}", config::template())?;
    }
    Ok(())
}
