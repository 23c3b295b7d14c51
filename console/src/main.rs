//! `cutaway`: a terminal dashboard for the live debug endpoints of services.
//!
//! This is the wiring: the command line in, `cutaway-scrape` and `cutaway-tui` joined, an exit code out. Everything that
//! reads an environment variable, the clock or the terminal does so here.
//!
//! | module | what it does |
//! |---|---|
//! | `args` | the command line, Go's forms of flags included |
//! | `watching` | targets watched: as a picture, in lines, once |
//! | `picture` | how the picture looks; recordings and profiles in it |
//! | `live` | the picture's one loop over messages, keys, signals and time |
//! | `screen`, `signals` | the terminal taken and given back |
//! | `lines`, `vars`, `go` | expvarmon's lines where there is no picture |
//! | `once`, `watch`, `readings` | `--once`, `--watch` |
//! | `profiles`, `measure` | `cutaway top`, `flame`, `diff` |
//! | `bundle` | `cutaway bundle`: evidence in an archive |
//! | `expr` | `--fail-if` |
//! | `clusters` | whether there are pods among the targets, and how to find them |
//! | `forms`, `files`, `clock` | tables for programs, files, dates |
//! | `itself` | `--self` |
//! | `config`, `settings`, `access`, `habits` | the config file, who to be, completions, man page |
//! | `record`, `session` | recordings, and watching them again |

mod access;
mod args;
mod bundle;
mod clock;
mod clusters;
mod complain;
mod config;
mod expr;
mod files;
mod forms;
mod go;
mod habits;
mod itself;
mod lines;
mod live;
mod measure;
mod once;
mod picture;
mod profiles;
mod readings;
mod record;
mod screen;
mod session;
mod settings;
mod signals;
mod vars;
mod watch;
mod watching;

use std::env;
use std::io;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use tokio::runtime::{Builder, Runtime};

use args::{Args, Command};
use complain::complain;
use config::Config;
use watching::options;

/// Everything was fine.
const FINE: u8 = 0;
/// Something failed.
const FAILED: u8 = 1;
/// The command line is wrong.
const BAD_USE: u8 = 2;
/// The condition of `--fail-if` holds.
const HOLDS: u8 = 3;

fn main() -> ExitCode {
    let matches = match Args::command().try_get_matches_from(args::from_go(env::args_os())) {
        Ok(matches) => matches,
        Err(error) => return ExitCode::from(complain::refuse(&error)),
    };
    ExitCode::from(run(&matches).unwrap_or_else(|error| report(&error)))
}

fn run(matches: &ArgMatches) -> anyhow::Result<u8> {
    let mut args = Args::from_arg_matches(matches)?;
    let mut out = io::stdout().lock();
    match args.command {
        Some(Command::Config(arguments)) => {
            return habits::config(&arguments, &mut out).map(|()| FINE);
        }
        Some(Command::Keys) => return habits::keys(&mut out).map(|()| FINE),
        Some(Command::Completions { shell }) => {
            return habits::completions(shell, &mut out).map(|()| FINE);
        }
        Some(Command::Man) => return habits::man(&mut out).map(|()| FINE),
        _ => drop(out),
    }
    let config = Config::load(args.config.as_deref())?;
    if let Some(Command::Bundle(arguments)) = &mut args.command {
        args.watch.access = std::mem::take(&mut arguments.access);
    }
    settings::merge(&mut args.watch, matches, &config)?;
    match args.command {
        Some(Command::Top(arguments)) => {
            let options = options(&args.watch, &config)?;
            profiles::top(&arguments, &options, &mut io::stdout().lock())
        }
        Some(Command::Diff(arguments)) => {
            let options = options(&args.watch, &config)?;
            profiles::diff(&arguments, &options, &mut io::stdout().lock())
        }
        Some(Command::Bundle(arguments)) => {
            let options = options(&args.watch, &config)?;
            bundle::make(&arguments, &options, &mut io::stdout().lock())
        }
        Some(Command::Flame(arguments)) => picture::flame(arguments, &args.watch, &config),
        Some(Command::Replay(arguments)) => picture::replay(&arguments, &args.watch, &config),
        _ => watching::watch(&args.watch, &config),
    }
}

/// The picture is drawn on this thread; reading and decoding happen on another, so that neither holds up a key.
fn runtime() -> anyhow::Result<Runtime> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.context("cannot start")
}

/// Something the user asked for that makes no sense.
#[derive(Debug)]
struct BadUse(String);

impl std::fmt::Display for BadUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUse {}

/// One line on what went wrong, and the exit code for it.
fn report(error: &anyhow::Error) -> u8 {
    let broken_pipe = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|io| io.kind() == io::ErrorKind::BrokenPipe);
    if broken_pipe {
        return FINE;
    }
    complain(format_args!("{error:#}"));
    if error.is::<BadUse>() {
        BAD_USE
    } else {
        FAILED
    }
}
