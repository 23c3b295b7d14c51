//! The command line: ours, and expvarmon's in Go's manner of writing flags.

pub(crate) mod profiles;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::ThemeName;
use crate::expr::Expr;
use crate::go;
use crate::vars::Var;

/// What `cutaway` watches when it is not told.
pub(crate) const DEFAULT_TARGET: &str = "4000";

/// A terminal dashboard for the live debug endpoints of services: variables, metrics and profiles.
///
/// A TARGET is `PORT`, `LOW-HIGH`, `HOST:PORT`, `HOST:LOW-HIGH`, `[IPV6]:PORT` or `http://[USER:PASSWORD@]HOST[:PORT][/PATH]`;
/// several may be joined by commas. Without a path, /debug/vars, /metrics and /debug/pprof/ are probed, and what answers
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

const EXAMPLES: &str = "\
Examples:
  cutaway                                       watch localhost:4000
  cutaway 4000 4100-4103                        five processes on this machine
  cutaway host:4000 http://me:pw@host:9090/metrics
  cutaway -ports=1234 -i=5s -vars=mem:memstats.Alloc,duration:memstats.PauseNs,Goroutines
  cutaway 4000 --once json                      for scripts; also csv, md, prom
  cutaway 4000 --watch --vars requests.rate,errors -i 5s
  cutaway 4000 --once csv --fail-if errors.rate/requests.rate>1%
  cutaway 4000 --dummy --count 3                lines instead of a picture
  cutaway 4000 --record run.session             keep what is read
  cutaway replay run.session                    and watch it again
  cutaway 4000 --ring                           keep CPU profiles: a range of a chart leads to them
  cutaway https://host:4443 --ca my-ca.pem
  cutaway 4000-4099 -i 1s --theme light --filter latency
  cutaway top cpu.pb.gz                         the functions that cost most
  cutaway top http://localhost:4000/debug/pprof/profile?seconds=5
  cutaway top 4000 --kind heap -focus=orders    of a live heap, what orders hold
  cutaway top new.pb.gz -diff_base=old.pb.gz -cum
  cutaway flame cpu.pb.gz                       look at it here
  cutaway flame 4000-4003 --seconds 10 -o cpu.svg
  cutaway diff old.pb.gz new.pb.gz --normalize --form json
  cutaway diff old.pb.gz new.pb.gz -o diff.svg
  cutaway diff old.pb.gz new.pb.gz --fail-if growth>10%

EXPR compares values with > >= < <= == !=, joins with && || !, computes with + - * / and parentheses; numbers may have the
units ns us ms s m h (nanoseconds), B kB MB GB KiB MiB GiB (bytes), %. Names are variables, name.rate (growth per
second) and up (1 while nothing of the target fails); names with other characters stand in quotes.

--once csv and md: target, source, name, value. --once prom: each number with the label target, and up.
--watch=json: {\"time\", \"target\", \"ok\", \"error\", \"values\"} a line; lines: time, target, name=value; csv: time, target, error,
and the variables of --vars.

HTTP_USER and HTTP_PASSWORD, or HTTP_BEARER, are used where a target's URL names no user. Kubernetes targets (k8s:...) need the cargo feature `kubernetes`, which it does not have.
Exit codes: 0 fine, 1 something failed, 2 the command line is wrong, 3 what --fail-if says holds.
";

/// Flags that may be written with one dash, as Go's may.
const GO_FLAGS: &[&str] = &[
    "ports",
    "vars",
    "endpoint",
    "self",
    "dummy",
    "interval",
    "timeout",
    "once",
    "count",
    "help",
    "version",
    "watch",
    "fail-if",
    "sample_type",
    "filter",
    "record",
    "sample_index",
    "nodecount",
    "nodefraction",
    "focus",
    "ignore",
    "hide",
    "show",
    "show_from",
    "tagfocus",
    "tagignore",
    "base",
    "diff_base",
    "normalize",
    "cum",
    "seconds",
];

/// `arguments` with Go's forms of flags turned into the ones clap knows: `-ports 1` and `--i=5s` into `--ports 1` and
/// `-i=5s`.
pub(crate) fn from_go(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut only_targets = false;
    let convert = |argument: OsString| {
        only_targets |= argument == "--";
        let converted = argument
            .to_str()
            .filter(|_| !only_targets)
            .and_then(flag_from_go);
        converted.map_or(argument, OsString::from)
    };
    arguments.into_iter().map(convert).collect()
}

fn flag_from_go(argument: &str) -> Option<String> {
    let name = argument.trim_start_matches('-').split('=').next()?;
    match argument.len() - argument.trim_start_matches('-').len() {
        1 if GO_FLAGS.contains(&name) => Some(format!("-{argument}")),
        2 if name == "i" || name == "n" => Some(argument[1..].to_owned()),
        _ => None,
    }
}

pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    match go::parse_duration(text)? {
        Duration::ZERO => Err("must be more than nothing, for example 5s".to_owned()),
        short if short < Duration::from_millis(10) => Err("must be at least 10ms".to_owned()),
        duration => Ok(duration),
    }
}

/// Reads a size: `512KB`, `256MB`, `1GB`, 1024-based; at least 64 KB.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u32); 4] = [("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40)];
    let unit = UNITS
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let read =
        unit.and_then(|(digits, shift)| digits.trim().parse::<u64>().ok()?.checked_mul(1 << shift));
    match read {
        Some(bytes) if bytes >= 64 << 10 => Ok(bytes),
        Some(_) => Err("must be at least 64KB".to_owned()),
        None => Err("write for example 512KB, 256MB or 1GB".to_owned()),
    }
}

pub(crate) fn endpoint(text: &str) -> Result<String, String> {
    let path = if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("/{text}")
    };
    let fits = |c: char| {
        c.is_ascii_graphic()
            && !matches!(
                c,
                '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
            )
    };
    if path.chars().all(fits) {
        Ok(path)
    } else {
        Err("has characters that must be %-encoded".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use cutaway_scrape::Target;

    use super::*;

    fn watch(line: &str) -> Watch {
        Args::try_parse_from(from_go(line.split(' ').map(Into::into)))
            .expect(line)
            .watch
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn expvarmons_command_lines_are_understood() {
        for line in [
            "cutaway -ports 1234,1235 -i 5s -vars mem:a.b,c -endpoint /x -self -dummy",
            "cutaway -ports=1234,1235 -i=5s -vars=mem:a.b,c -endpoint=/x -self=true -dummy=true",
            "cutaway --ports 1234,1235 --i 5s --vars mem:a.b,c --endpoint x --self --dummy",
            "cutaway --ports=1234,1235 --i=5s --vars=mem:a.b,c --endpoint=x --self=true --dummy=true",
        ] {
            let watch = watch(line);
            assert_eq!(watch.ports, ["1234,1235"], "{line}");
            assert_eq!(watch.interval, Duration::from_secs(5), "{line}");
            assert_eq!(watch.vars.len(), 2, "{line}");
            assert_eq!(watch.endpoint, "/x", "{line}");
            assert!(watch.itself && watch.dummy, "{line}");
        }
        assert!(!watch("cutaway -dummy=false").dummy);
    }

    #[test]
    fn the_examples_work() {
        let examples: Vec<&str> = EXAMPLES
            .lines()
            .filter_map(|line| line.strip_prefix("  cutaway"))
            .collect();
        assert!(examples.len() > 5);
        for example in examples {
            // Two spaces and more stand before the explanation.
            let line = format!("cutaway{}", example.split("   ").next().unwrap_or_default());
            let parsed = Args::try_parse_from(from_go(line.split_whitespace().map(Into::into)))
                .expect(&line);
            let (targets, bad) = Target::parse_list(&parsed.watch.targets.join(","));
            assert!(
                bad.is_empty() && targets.len() >= parsed.watch.targets.len(),
                "{line}: {bad:?}"
            );
        }
    }

    #[test]
    fn targets_stand_alone() {
        assert_eq!(
            watch("cutaway 4000 host:1 -i 2s").targets,
            ["4000", "host:1"]
        );
        assert_eq!(watch("cutaway -- -ports").targets, ["-ports"]);
        let top =
            Args::try_parse_from(["cutaway", "top", "x.pb.gz", "-n", "3"]).expect("a command");
        let n = match top.command {
            Some(Command::Top(top)) => top.table.n,
            other => panic!("{other:?}"),
        };
        assert_eq!(n, 3);
    }

    #[test]
    fn bad_values_are_refused() {
        for line in [
            "-i 0",
            "-i -1s",
            "-i 5",
            "-i 1ms",
            "-nonsense",
            "--once xml",
            "-dummy=maybe",
            "--count x",
            "-endpoint /\u{1b}",
        ] {
            let parsed = Args::try_parse_from(from_go(
                ["cutaway"]
                    .into_iter()
                    .chain(line.split(' '))
                    .map(Into::into),
            ));
            assert_eq!(parsed.expect_err(line).exit_code(), 2, "{line}");
        }
    }
}
