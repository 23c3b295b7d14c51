//! `cutaway bundle`.

use std::path::PathBuf;

use clap::Args;

use super::{Access, DEFAULT_TARGET};

/// What `--help` says below the options.
pub(super) const CONTENTS: &str = "\
In the archive, a tar file compressed by gzip, below a folder of its name:
  manifest.json          when, of what, by whom; each file with where it is from; what failed, and why
  findings.txt, .json    what looks wrong, and what could not be read, while it was watched
  versions.json          of the target, as far as it says, and of this console
  variables/, metrics/   as they were before and after
  profiles/              one of the CPU over --seconds, and every other that the target's index has
  cmdline.txt            the command line
  logs/                  the end of each --log, 1 MiB at most

What a target does not have is left out; what fails is told, and the rest is there. Secrets are masked by their names and
looks, as the sales service does it, and so are those that this console was given.

Exit codes: 0 complete, 1 something failed, of the archive or of what should be in it, 2 the command line is wrong.
";

/// `cutaway bundle`: the evidence of one target.
#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// Whose: as for watching, but one.
    #[arg(value_name = "TARGET", default_value = DEFAULT_TARGET)]
    pub(crate) target: String,

    /// How long to sample the CPU and to watch the variables, in seconds. What looks wrong shows after 15 s at the latest
    /// if it goes on all the time.
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,

    /// A file whose end belongs to it, such as the target's log; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,

    /// The archive, which must not exist [default: cutaway-HOST-PORT-TIME.tar.gz].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) access: Access,
}
