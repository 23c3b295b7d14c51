//! The commands about profiles.

use clap::{Args, ValueEnum};

pub(crate) use super::select::{Filters, Select};
use crate::expr::Expr;

/// What is printed, for those who read it by program.
pub(crate) const FORMS: &str = "\
Forms: text is what `go tool pprof -top` prints, --peek, --list and --tags what it prints with those.
json is one document:
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
#[derive(Clone, Debug, Args)]
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

    /// Instead of the table: the functions that match, each with its callers above and its callees below.
    #[arg(long, value_name = "REGEX", conflicts_with_all = ["list", "tags", "form"])]
    pub(crate) peek: Option<String>,

    /// Instead of the table: the source of the functions that match, with what each line took.
    #[arg(long, value_name = "REGEX", conflicts_with_all = ["tags", "form"])]
    pub(crate) list: Option<String>,

    /// Instead of the table: the labels of the samples, with what those took.
    #[arg(long, conflicts_with = "form")]
    pub(crate) tags: bool,

    /// The form of the table.
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub(crate) form: TableForm,

    /// Exit with 3 if this holds: `total > 5s`, `flat("sha256") / total > 30%`, `cum("^main.work$") > 1s`.
    #[arg(long, value_name = "EXPR", value_parser = Expr::parse)]
    pub(crate) fail_if: Option<Expr>,
}

impl Table {
    /// Whether something else is printed instead.
    pub(crate) fn is_report(&self) -> bool {
        self.peek.is_some() || self.list.is_some() || self.tags
    }

    /// The same with every function.
    pub(crate) fn of_all(&self) -> Self {
        Self {
            n: 0,
            least: 0.0,
            ..self.clone()
        }
    }
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
