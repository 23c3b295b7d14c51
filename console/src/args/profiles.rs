//! The commands about profiles.

use clap::{Args, ValueEnum};
use cutaway_model::ProfileKind;

use crate::expr::Expr;

/// What is printed, for those who read it by program.
pub(crate) const FORMS: &str = "\
Forms: text is what `go tool pprof -top` prints. json is one document:
  {\"version\": 1, \"type\", \"unit\", \"duration_ns\", \"total\", \"filters\", \"functions\": [{\"name\",
  \"flat\", \"flat_percent\", \"cum\", \"cum_percent\", \"inlined\"}], \"left_out\"}
In a difference, flat and cum are changes, and there are \"before\", \"now\", \"flat_before\" and
\"cum_before\" as well. csv and md have the same columns.

EXPR: total, before, now, growth, duration, flat(REGEX), cum(REGEX), in the profile's unit; see
cutaway --help.

Exit codes: 0 fine, 1 something failed, 2 the command line is wrong, 3 what --fail-if says holds.
";

/// `cutaway top`: the functions that cost most.
#[derive(Debug, Args)]
pub(crate) struct Top {
    #[command(flatten)]
    pub(crate) select: Select,

    #[command(flatten)]
    pub(crate) base: Comparison,

    #[command(flatten)]
    pub(crate) table: Table,
}

/// `cutaway diff`: what changed from one profile to another.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The earlier profile: a file, a URL or a target.
    #[arg(value_name = "BEFORE")]
    pub(crate) before: String,

    /// The later ones.
    #[arg(value_name = "AFTER", required = true)]
    pub(crate) after: Vec<String>,

    /// Scale the later profile to the earlier one's total: shares are compared, not amounts.
    #[arg(long)]
    pub(crate) normalize: bool,

    #[command(flatten)]
    pub(crate) filters: Filters,

    #[command(flatten)]
    pub(crate) table: Table,

    /// Draw the difference instead: `.svg`, `.folded` or `.pb.gz`; `-` for a picture on standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<String>,
}

/// `cutaway flame`: a flame graph.
#[derive(Debug, Args)]
pub(crate) struct Flame {
    #[command(flatten)]
    pub(crate) select: Select,

    #[command(flatten)]
    pub(crate) base: Comparison,

    /// Where to write it: `.svg` a picture, `.folded` or `.txt` folded stacks, anything else what pprof reads; `-` for
    /// standard output [default: on a terminal it is shown, otherwise a picture on standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<String>,

    /// The form, where the file's name does not tell.
    #[arg(long, value_name = "FORM")]
    pub(crate) form: Option<FlameForm>,
}

/// The forms of `cutaway flame`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FlameForm {
    /// A picture.
    Svg,
    /// Folded stacks.
    Folded,
    /// What pprof reads.
    Pb,
}

/// Which profiles, and what of them.
#[derive(Debug, Args)]
pub(crate) struct Select {
    /// Profiles (`cpu.pb.gz`, folded stacks), URLs of some, or targets; several are added up.
    #[arg(value_name = "FILE|URL|TARGET", required = true)]
    pub(crate) sources: Vec<String>,

    #[command(flatten)]
    pub(crate) filters: Filters,
}

/// What is looked at of a profile; expressions and meanings are those of `go tool pprof`.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Which of the profile's values to show [default: the one the profile says, else its last].
    #[arg(long, aliases = ["sample_type", "sample_index", "sample-index"], value_name = "TYPE")]
    pub(crate) sample_type: Option<String>,

    /// Only samples with a function that matches.
    #[arg(long, value_name = "REGEX")]
    pub(crate) focus: Option<String>,

    /// No samples with a function that matches.
    #[arg(long, value_name = "REGEX")]
    pub(crate) ignore: Option<String>,

    /// Leave functions that match out of the stacks.
    #[arg(long, value_name = "REGEX")]
    pub(crate) hide: Option<String>,

    /// Leave functions that do not match out of the stacks.
    #[arg(long, value_name = "REGEX")]
    pub(crate) show: Option<String>,

    /// Begin stacks at the first function that matches.
    #[arg(long, alias = "show_from", value_name = "REGEX")]
    pub(crate) show_from: Option<String>,

    /// Only samples with a label that matches: `key=regex`, `regex`, or a range of numbers (`bytes=1kb:1mb`).
    #[arg(long, value_name = "TAGS")]
    pub(crate) tagfocus: Option<String>,

    /// No samples with a label that matches.
    #[arg(long, value_name = "TAGS")]
    pub(crate) tagignore: Option<String>,

    /// Of a target: which profile.
    #[arg(long, value_name = "KIND", default_value = "cpu", value_parser = kind)]
    pub(crate) kind: ProfileKind,

    /// Of a target: how long to look, in seconds; for other profiles than the CPU's, what they gain in that time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: Option<u32>,
}

/// What a profile is compared with.
#[derive(Debug, Default, Args)]
pub(crate) struct Comparison {
    /// Take an earlier profile of the same process away: for counters that only grow.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "diff_base")]
    pub(crate) base: Option<String>,

    /// Compare with another profile: percentages are of that.
    #[arg(long, alias = "diff_base", value_name = "FILE|URL")]
    pub(crate) diff_base: Option<String>,

    /// Scale the profile to the base's total first: shares are compared, not amounts.
    #[arg(long)]
    pub(crate) normalize: bool,
}

/// How functions are listed.
#[derive(Debug, Args)]
pub(crate) struct Table {
    /// How many functions to print; 0 for all.
    #[arg(
        short,
        alias = "nodecount",
        long = "count",
        value_name = "N",
        default_value_t = 30
    )]
    pub(crate) n: usize,

    /// Sort by what functions took with all that they called.
    #[arg(long)]
    pub(crate) cum: bool,

    /// Functions whose share is smaller, everything they called included, are left out.
    #[arg(
        long,
        alias = "nodefraction",
        value_name = "SHARE",
        default_value_t = 0.005
    )]
    pub(crate) least: f64,

    /// The form of the table.
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub(crate) form: TableForm,

    /// Exit with 3 if this holds: `total > 5s`, `flat("sha256") / total > 30%`, `cum("^main.work$") > 1s`.
    #[arg(long, value_name = "EXPR", value_parser = Expr::parse)]
    pub(crate) fail_if: Option<Expr>,
}

/// The forms of a table.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableForm {
    /// As `go tool pprof -top` prints it.
    Text,
    /// One JSON document.
    Json,
    /// Comma-separated values.
    Csv,
    /// A Markdown table.
    Md,
}

impl Filters {
    /// The filters that are set, in the order of `go tool pprof`.
    pub(crate) fn active(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("focus", &self.focus),
            ("ignore", &self.ignore),
            ("hide", &self.hide),
            ("show", &self.show),
            ("show_from", &self.show_from),
            ("tagfocus", &self.tagfocus),
            ("tagignore", &self.tagignore),
        ];
        let set = all.into_iter();
        set.map(|(name, pattern)| (name, pattern.as_deref().unwrap_or_default()))
            .filter(|(_, pattern)| !pattern.is_empty())
    }

    /// The sample type asked for, if one was.
    pub(crate) fn sample_type(&self) -> Option<&str> {
        self.sample_type.as_deref().filter(|name| !name.is_empty())
    }
}

fn kind(text: &str) -> Result<ProfileKind, String> {
    let known = || {
        let names = ProfileKind::ALL.map(name);
        format!("is none of {}", names.join(", "))
    };
    ProfileKind::ALL
        .into_iter()
        .find(|kind| name(*kind) == text || kind.endpoint() == text)
        .ok_or_else(known)
}

fn name(kind: ProfileKind) -> &'static str {
    match kind {
        ProfileKind::Cpu => "cpu",
        kind => kind.endpoint(),
    }
}
