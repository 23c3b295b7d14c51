//! The command line: ours, and expvarmon's in Go's manner of writing flags.

mod bundle;
mod examples;
mod go_flags;
pub(crate) mod profiles;
mod select;
#[cfg(test)]
mod tests;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::ThemeName;
use crate::expr::Expr;
use crate::go;
use crate::vars::Var;
pub(crate) use bundle::Bundle;
use examples::EXAMPLES;
pub(crate) use go_flags::from_go;
pub(crate) use values::{endpoint, interval, size};

/// What `cutaway` watches when it is not told.
pub(crate) const DEFAULT_TARGET: &str = "4000";

/// A terminal dashboard for the live debug endpoints of services: variables, metrics and profiles.
///
/// A TARGET is `PORT`, `LOW-HIGH`, `HOST:PORT`, `HOST:LOW-HIGH`, `[IPV6]:PORT` or `http://[USER:PASSWORD@]HOST[:PORT][/PATH]`;
/// several may be joined by commas; `k8s:...`, see below, stands for pods. Without a path, /debug/vars, /metrics and /debug/pprof/ are probed, and what answers
/// is shown. Without any target: localhost:4000.
#[derive(Debug, Parser)]
#[command(name = "cutaway", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) watch: Watch,

    /// The config file [default: $XDG_CONFIG_HOME/cutaway/config.toml].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Watching targets: what `cutaway` does when no command is given.
#[derive(Debug, ClapArgs)]
pub(crate) struct Watch {
    /// What to watch.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,

    /// What to watch, as a comma-separated list (expvarmon's way).
    #[arg(long, value_name = "LIST")]
    pub(crate) ports: Vec<String>,

    /// Time between two readings: `500ms`, `5s`, `1m30s`.
    #[arg(short = 'i', long, value_name = "DURATION", default_value = "1s", value_parser = interval)]
    pub(crate) interval: Duration,

    /// The longest a reading may take [default: the interval, between 1s and 10s].
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    pub(crate) timeout: Option<Duration>,

    /// Variables to show first, comma-separated: `[mem:|duration:|str:]dotted.path`; `\.` is a dot within a name.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = Var::parse)]
    pub(crate) vars: Vec<Var>,

    /// Where a target without a path has its variables.
    #[arg(long, value_name = "PATH", default_value = "/debug/vars", value_parser = endpoint)]
    pub(crate) endpoint: String,

    /// Watch this very console, too.
    #[arg(long = "self", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true)]
    pub(crate) itself: bool,

    /// Print lines instead of drawing, also on a terminal.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true)]
    pub(crate) dummy: bool,

    /// When printing lines: stop after this many times.
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,

    /// Show only variables that match these words, or this regular expression, at first.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) filter: Option<String>,

    /// Colours; NO_COLOR outranks it [default: dark].
    #[arg(long, value_name = "NAME")]
    pub(crate) theme: Option<ThemeName>,

    /// Use the mouse: it can then not mark text as usual.
    #[arg(long)]
    pub(crate) mouse: bool,

    /// Keep a ring of short CPU profiles of each target, for the profile of a range of time (`K` switches it).
    #[arg(long)]
    pub(crate) ring: bool,

    /// How far back charts reach: `15m`, `2h`.
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = interval)]
    pub(crate) history: Duration,

    /// Record everything that is read, to be watched again by `cutaway replay`; the file must not exist.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// The largest a recording may become; then the older half is given up.
    #[arg(long, value_name = "SIZE", default_value = "256MB", value_parser = size)]
    pub(crate) record_limit: u64,

    /// The largest profile that is read from a target, in its inflated form [default: 64MB].
    #[arg(long, global = true, value_name = "SIZE", value_parser = size)]
    pub(crate) max_profile: Option<u64>,

    #[command(flatten)]
    pub(crate) access: Access,

    /// Read every target once, print it, and exit: 1 if a target failed.
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["dummy", "count", "watch"])]
    pub(crate) once: Option<OnceFormat>,

    /// Print a line for each target and interval; `name.rate` in --vars is growth per second.
    #[arg(long = "watch", id = "watch", value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "lines", conflicts_with = "dummy")]
    pub(crate) lines: Option<WatchFormat>,

    /// With --once or --watch: exit with 3 as soon as this holds for a target: `errors.rate > 1 || up == 0`.
    #[arg(long, value_name = "EXPR", value_parser = Expr::parse)]
    pub(crate) fail_if: Option<Expr>,
}

/// Who to be, and whom to believe.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Access {
    /// Certification authorities to believe instead of the system's (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// A certificate to show to targets (PEM).
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Believe any certificate. Targets are then marked as not verified.
    #[arg(long)]
    pub(crate) insecure: bool,

    /// A file whose first line is the password for HTTP_USER.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// A file whose first line is a bearer's token.
    #[arg(long, value_name = "FILE")]
    pub(crate) bearer_file: Option<PathBuf>,
}

/// Watching a recording.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReplayArgs {
    /// The recording.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// How fast, 1 being as it happened.
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    pub(crate) speed: f64,

    /// Begin so long after its beginning: `90s`, `10m`.
    #[arg(long, value_name = "DURATION", value_parser = go::parse_duration)]
    pub(crate) from: Option<Duration>,

    /// Colours; NO_COLOR outranks it [default: dark].
    #[arg(long, value_name = "NAME")]
    pub(crate) theme: Option<ThemeName>,
}

/// The config file.
#[derive(Debug, ClapArgs)]
pub(crate) struct ConfigArgs {
    /// Print a JSON schema instead of a template.
    #[arg(long)]
    pub(crate) schema: bool,

    /// Print where the file is looked for.
    #[arg(long, conflicts_with = "schema")]
    pub(crate) path: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch a recording: space stands still, , and . go 5 s, ; and ' a minute, { and } change the speed.
    Replay(ReplayArgs),
    /// Print a config file with every key.
    Config(ConfigArgs),
    /// Print every key with the name under which it can be remapped in the config file.
    Keys,
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print a man page: cutaway man > cutaway.1
    Man,
    /// Print the functions of a profile that cost most, as `go tool pprof -top` does.
    #[command(after_help = profiles::FORMS)]
    Top(profiles::Top),
    /// Show a profile as a flame graph, or write one.
    Flame(profiles::Flame),
    /// Print what grew and what shrank from one profile to another.
    #[command(after_help = profiles::FORMS)]
    Diff(profiles::Diff),
    /// Collect the evidence of one target into an archive, for those who look at it later; secrets in it are masked.
    #[command(after_help = bundle::CONTENTS)]
    Bundle(Bundle),
}

/// What `--once` prints.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnceFormat {
    /// One JSON document.
    Json,
    /// Comma-separated values: target, source, name, value.
    Csv,
    /// The same as a Markdown table.
    Md,
    /// Metrics text: every number, with the label `target`.
    Prom,
}

/// What `--watch` prints.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WatchFormat {
    /// Time, target, `name=value`.
    Lines,
    /// One JSON object a line.
    Json,
    /// Comma-separated values of the variables asked for.
    Csv,
}
