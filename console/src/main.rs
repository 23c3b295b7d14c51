//! `cutaway`: a terminal dashboard for the live debug endpoints of services.
//!
//! This is the wiring: the command line in, `cutaway-scrape` and `cutaway-tui` joined, an exit code out. Everything that
//! reads an environment variable, the clock or the terminal does so here.
//!
//! | module | what it does |
//! |---|---|
//! | `args` | the command line, Go's forms of flags included |
//! | `live` | the picture: one loop over messages, keys, signals and time |
//! | `screen`, `signals` | the terminal taken and given back |
//! | `lines`, `vars`, `go` | expvarmon's lines where there is no picture |
//! | `once`, `watch`, `readings` | `--once`, `--watch` |
//! | `profiles`, `measure` | `cutaway top`, `flame`, `diff` |
//! | `expr` | `--fail-if` |
//! | `forms`, `files`, `clock` | tables for programs, files, dates |
//! | `itself` | `--self` |
//! | `config`, `settings`, `access`, `habits` | the config file, who to be, completions, man page |
//! | `record`, `session` | recordings, and watching them again |

mod access;
mod args;
mod clock;
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
mod profiles;
mod readings;
mod record;
mod screen;
mod session;
mod settings;
mod signals;
mod vars;
mod watch;

use std::env;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use cutaway_model::{Message, TargetInfo};
use cutaway_scrape::{BadTarget, Options, Poller, Target};
use cutaway_tui::{Colors, Palette, State};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use args::profiles::Flame;
use args::{Args, Command, OnceFormat, ReplayArgs, Watch, WatchFormat};
use complain::complain;
use config::{Config, ThemeName};
use expr::Expr;
use itself::Own;
use readings::Readings;
use record::Recording;
use session::Player;
use signals::Signals;

/// Everything was fine.
const FINE: u8 = 0;
/// Something failed.
const FAILED: u8 = 1;
/// The command line is wrong.
const BAD_USE: u8 = 2;
/// The condition of `--fail-if` holds.
const HOLDS: u8 = 3;

/// Messages on their way from scraping to drawing.
const UNDER_WAY: usize = 256;

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
        Some(Command::Flame(arguments)) => flame(&arguments, &args.watch, &config),
        Some(Command::Replay(arguments)) => replay(&arguments, &args.watch, &config),
        _ => watch(&args.watch, &config),
    }
}

/// Watches the targets in the way asked for.
fn watch(arguments: &Watch, config: &Config) -> anyhow::Result<u8> {
    if arguments.fail_if.is_some() && arguments.once.is_none() && arguments.lines.is_none() {
        let words = "--fail-if needs --once or --watch: a picture does not end";
        return Err(BadUse(words.to_owned()).into());
    }
    if arguments.lines == Some(WatchFormat::Csv) && arguments.vars.is_empty() {
        let words = "--watch=csv needs --vars: its columns have to be known";
        return Err(BadUse(words.to_owned()).into());
    }
    let (mut targets, rejected) = find_targets(arguments);
    for bad in &rejected {
        eprintln!("cutaway: {bad}");
    }
    if targets.is_empty() && !arguments.itself {
        return Err(BadUse("no target to watch; see cutaway --help".to_owned()).into());
    }
    let options = options(arguments, config)?;
    let unverified = options.tls.as_ref().is_some_and(|tls| !tls.is_verified());
    if unverified && targets.iter().any(Target::is_secure) {
        eprintln!("cutaway: certificates are not verified: whoever answers is believed");
    }
    let runtime = runtime()?;
    let own = Own::new(std::time::Instant::now()).context("cannot count")?;
    if arguments.itself {
        let address = runtime
            .block_on(own.serve())
            .context("cannot publish the console's own variables")?;
        targets.extend(Target::parse_list(&format!("http://{address}/debug/vars")).0);
    }
    let code = match arguments.once {
        Some(format) => {
            runtime.block_on(print_once(arguments, format, &targets, &rejected, options))
        }
        None => runtime.block_on(stay(arguments, config, targets, options, own)),
    };
    // A look-up of a name may block for long; nobody waits for it.
    runtime.shutdown_background();
    code
}

/// Shows a recording.
fn replay(arguments: &ReplayArgs, watch: &Watch, config: &Config) -> anyhow::Result<u8> {
    if !can_draw() {
        return Err(BadUse("a recording is watched on a terminal".to_owned()).into());
    }
    let recording = session::Recording::open(&arguments.file)?;
    let mut look = look(watch, config, recording.interval);
    if arguments.theme.is_some() {
        look.palette = palette(arguments.theme);
    }
    let mut state = State::new(look);
    remap(&mut state, config)?;
    let player = Player::new(recording, watch.history)
        .at_speed(arguments.speed)
        .from(arguments.from.unwrap_or_default());
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let signals = Signals::new().context("cannot watch signals")?;
        // Nobody sends: a recording tells everything.
        let (_silent, messages) = tokio::sync::mpsc::channel(1);
        screen::restore_on_panic();
        let wires = live::Wires {
            messages,
            poller: None,
            player: Some(player),
            signals,
            own: Own::new(std::time::Instant::now()).context("cannot count")?,
            started: Instant::now(),
            mouse: watch.mouse,
        };
        Box::pin(live::run(state, wires))
            .await
            .context("the terminal failed")
    });
    runtime.shutdown_background();
    ended
}

/// Reads every target once.
/// Reads every target once; twice, an interval apart, where rates are asked for.
async fn print_once(
    arguments: &Watch,
    format: OnceFormat,
    targets: &[Target],
    rejected: &[BadTarget],
    options: Options,
) -> anyhow::Result<u8> {
    let condition = arguments.fail_if.as_ref();
    let rates = condition.is_some_and(Expr::asks_for_rates)
        || arguments.vars.iter().any(|var| var.path.name() == "rate");
    let mut known: Vec<Readings> = Vec::new();
    let mut note = |readings: &[(TargetInfo, Vec<Message>)]| {
        known.resize_with(readings.len(), Readings::default);
        for (target, (info, messages)) in known.iter_mut().zip(readings) {
            target.name.clone_from(&info.name);
            for message in messages {
                target.take(message);
            }
        }
    };
    if rates {
        let before = cutaway_scrape::once(targets, options.clone()).await;
        note(&before);
        tokio::time::sleep(options.interval).await;
    }
    let readings = cutaway_scrape::once(targets, options).await;
    note(&readings);
    let round = once::Round {
        readings: &readings,
        rejected,
        vars: &arguments.vars,
        targets: &known,
    };
    round
        .print(format, &mut io::stdout().lock())
        .context("cannot print")?;
    if format != OnceFormat::Json {
        for target in &known {
            if let Some(why) = target.failure() {
                eprintln!("cutaway: {}: {why}", target.name);
            }
        }
    }
    if let Some(condition) = condition {
        let holds = watch::holds(condition, &known);
        if holds.map_err(|why| anyhow!("--fail-if {condition}: {why}"))? {
            return Ok(HOLDS);
        }
    }
    Ok(match (round.is_well(), rejected.is_empty()) {
        (true, true) => FINE,
        (_, false) => BAD_USE,
        (false, true) => FAILED,
    })
}

/// Reads the targets again and again, and shows them as a picture or in lines.
async fn stay(
    arguments: &Watch,
    config: &Config,
    targets: Vec<Target>,
    options: Options,
    own: Own,
) -> anyhow::Result<u8> {
    let (interval, started, patience) = (options.interval, options.started, options.timeout);
    let signals = Signals::new().context("cannot watch signals")?;
    let (sender, mut messages) = tokio::sync::mpsc::channel(UNDER_WAY);
    let mut recording = Recording::default();
    if let Some(file) = &arguments.record {
        (recording, messages) = Recording::start(file, arguments.record_limit, interval, messages)?;
    }
    let poller = Poller::start(targets, options, sender);
    if let Some(format) = arguments.lines {
        let options = watch::Options {
            format,
            vars: arguments.vars.clone(),
            interval,
            count: arguments.count,
            patience,
            fail_if: arguments.fail_if.clone(),
        };
        let printed = print_watch(options, messages, signals).await;
        return recorded(&recording, printed);
    }
    if arguments.dummy || arguments.count.is_some() || !can_draw() {
        let vars = if arguments.vars.is_empty() {
            vars::Var::defaults()
        } else {
            arguments.vars.clone()
        };
        let options = lines::Options {
            vars,
            interval,
            count: arguments.count,
            patience,
        };
        let printed = print_lines(options, messages, signals).await;
        return recorded(&recording, printed);
    }
    let mut state = State::new(look(arguments, config, interval));
    remap(&mut state, config)?;
    screen::restore_on_panic();
    let wires = live::Wires {
        messages,
        poller: Some(poller),
        player: None,
        signals,
        own,
        started,
        mouse: arguments.mouse,
    };
    let shown = Box::pin(live::run(state, wires))
        .await
        .context("the terminal failed");
    recorded(&recording, shown)
}

/// A recording that ended early is a failure, though everything else went well.
fn recorded(recording: &Recording, ended: anyhow::Result<u8>) -> anyhow::Result<u8> {
    match (recording.failed(), ended) {
        (Some(why), Ok(_)) => Err(anyhow::anyhow!(why)),
        (_, ended) => ended,
    }
}

/// How the picture is to look.
fn look(arguments: &Watch, config: &Config, interval: Duration) -> cutaway_tui::Options {
    let history = arguments.history.as_secs_f64() / interval.as_secs_f64();
    let usual = cutaway_tui::Options::default();
    cutaway_tui::Options {
        interval,
        colors: colors(),
        palette: palette(arguments.theme),
        filter: arguments.filter.clone().unwrap_or_default(),
        pins: arguments.vars.iter().map(|var| var.path.clone()).collect(),
        history: (history.ceil() as usize).clamp(60, 100_000),
        variables: config.variables.unwrap_or(usual.variables),
        ring: config.ring.options(arguments.ring),
        profile_seconds: config.profile_seconds.unwrap_or(usual.profile_seconds),
    }
}

fn palette(theme: Option<ThemeName>) -> Palette {
    match theme {
        None | Some(ThemeName::Dark) => Palette::Dark,
        Some(ThemeName::Light) => Palette::Light,
        Some(ThemeName::HighContrast) => Palette::HighContrast,
        Some(ThemeName::Sixteen) => Palette::Sixteen,
    }
}

fn remap(state: &mut State, config: &Config) -> anyhow::Result<()> {
    for (action, keys) in &config.keys {
        state
            .remap(action, keys)
            .map_err(|why| BadUse(format!("config: keys: {action}: {why}")))?;
    }
    Ok(())
}

async fn print_watch(
    options: watch::Options,
    messages: Receiver<Message>,
    signals: Signals,
) -> anyhow::Result<u8> {
    let mut out = io::stdout();
    let code = |ended| match ended {
        watch::Ended::Enough => FINE,
        watch::Ended::Holds => HOLDS,
        watch::Ended::Unjudged => FAILED,
    };
    print_until(signals, watch::run(options, messages, &mut out), code).await
}

async fn print_lines(
    options: lines::Options,
    messages: Receiver<Message>,
    signals: Signals,
) -> anyhow::Result<u8> {
    let mut out = io::stdout();
    print_until(signals, lines::run(options, messages, &mut out), |()| FINE).await
}

/// Prints until a signal comes, or it has ended; gives the exit code.
async fn print_until<Ended>(
    mut signals: Signals,
    printing: impl Future<Output = io::Result<Ended>>,
    code: impl FnOnce(Ended) -> u8,
) -> anyhow::Result<u8> {
    tokio::select! {
        code = signals.received() => Ok(code),
        ended = printing => match ended {
            // Whoever read the lines has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(FINE),
            ended => ended.map(code).context("cannot print"),
        },
    }
}

/// Shows a flame graph on a terminal; otherwise, or where a file is named, writes it.
fn flame(arguments: &Flame, watch: &Watch, config: &Config) -> anyhow::Result<u8> {
    let options = &options(watch, config)?;
    if arguments.output.is_some() || arguments.form.is_some() || !can_draw() {
        return profiles::flame(arguments, options, &mut io::stdout().lock());
    }
    let (profile, base) = profiles::for_screen(arguments, options)?;
    let name = arguments.select.sources.join(", ");
    let base_name = arguments.base.diff_base.as_deref().unwrap_or_default();
    let mut state = State::of_profile(
        look(watch, config, watch.interval),
        (&name, Arc::new(profile)),
        base.map(|base| (base_name, Arc::new(base))),
        profiles::sample_type(&arguments.select.filters),
    );
    remap(&mut state, config)?;
    screen::restore_on_panic();
    let runtime = runtime()?;
    let shown = runtime.block_on(async {
        let (_, messages) = tokio::sync::mpsc::channel(1);
        let wires = live::Wires {
            messages,
            poller: None,
            player: None,
            signals: Signals::new().context("cannot watch signals")?,
            own: Own::new(std::time::Instant::now()).context("cannot count")?,
            started: Instant::now(),
            mouse: watch.mouse,
        };
        Box::pin(live::run(state, wires))
            .await
            .context("the terminal failed")
    });
    runtime.shutdown_background();
    shown
}

/// What to watch, and what of the command line is no target.
fn find_targets(arguments: &Watch) -> (Vec<Target>, Vec<BadTarget>) {
    let named: Vec<&str> = arguments
        .targets
        .iter()
        .chain(&arguments.ports)
        .map(String::as_str)
        .collect();
    let list = match named.is_empty() {
        true if arguments.itself => String::new(),
        true => args::DEFAULT_TARGET.to_owned(),
        false => named.join(","),
    };
    Target::parse_list(&list)
}

fn options(arguments: &Watch, config: &Config) -> anyhow::Result<Options> {
    let bounded = arguments
        .interval
        .clamp(Duration::from_secs(1), Duration::from_secs(10));
    Ok(Options {
        interval: arguments.interval,
        timeout: arguments.timeout.unwrap_or(bounded),
        endpoint: arguments.endpoint.clone(),
        credentials: access::credentials(&arguments.access, config)?,
        tls: Some(access::tls(&arguments.access, config)?),
        seed: RandomState::new().hash_one(()),
        started: Instant::now(),
        ..Options::default()
    })
}

/// The picture is drawn on this thread; reading and decoding happen on another, so that neither holds up a key.
fn runtime() -> anyhow::Result<Runtime> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.context("cannot start")
}

/// Whether standard output is a terminal on which the cursor can be moved.
fn can_draw() -> bool {
    io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// As many colours as the terminal says it has.
fn colors() -> Colors {
    let variable = |name| env::var(name).unwrap_or_default();
    let term = variable("TERM");
    if !variable("NO_COLOR").is_empty() {
        Colors::None
    } else if term.contains("256") || !variable("COLORTERM").is_empty() {
        Colors::Indexed
    } else {
        Colors::Sixteen
    }
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
