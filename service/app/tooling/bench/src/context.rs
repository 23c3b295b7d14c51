//! What every benchmark is given.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::pin::Cores;

/// How and with what to measure.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) cores: Cores,
    /// A try: few and short measurements, whose numbers mean nothing.
    pub(crate) quick: bool,
    /// For how long each part of the soak goes on; without it, as long as it takes.
    pub(crate) seconds: Option<f64>,
    /// Where the programs are that were built together with this one.
    programs: PathBuf,
}

impl Context {
    pub(crate) fn new(quick: bool) -> anyhow::Result<Context> {
        let here = std::env::current_exe().context("where this program is")?;
        let programs = here.parent().context("a program is in a folder")?;
        // Tests are a folder below the programs.
        let programs = if programs.ends_with("deps") {
            programs.parent().unwrap_or(programs)
        } else {
            programs
        };
        Ok(Context {
            cores: Cores::detect(),
            quick,
            seconds: None,
            programs: programs.to_owned(),
        })
    }

    /// So many, or a few for a try.
    pub(crate) fn times(&self, full: usize) -> usize {
        if self.quick { full.min(4) } else { full }
    }

    /// So long, or a moment for a try.
    pub(crate) fn window(&self, full: Duration) -> Duration {
        if self.quick { full / 5 } else { full }
    }

    /// One of this workspace's programs, built with the same profile.
    pub(crate) fn program(&self, name: &str, package: &str) -> anyhow::Result<PathBuf> {
        let program = self.programs.join(name);
        if !program.is_file() {
            let release = if cfg!(debug_assertions) {
                ""
            } else {
                " --release"
            };
            bail!(
                "{} is not built: cargo build{release} -p {package}",
                program.display()
            );
        }
        Ok(program)
    }

    /// A folder that is removed in the end; in memory where there is such a file system, because a disk's moods would be
    /// in every number.
    pub(crate) fn scratch() -> anyhow::Result<TempDir> {
        let prefix = "cutaway-bench-";
        let builder = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix(prefix);
            builder
        };
        builder()
            .tempdir_in("/dev/shm")
            .or_else(|_| builder().tempdir())
            .context("no folder for scratch files")
    }
}
