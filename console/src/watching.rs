//! Watching targets: as a picture, in lines, or once.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use cutaway_model::{Message, TargetInfo};
use cutaway_scrape::{BadTarget, Item, Options, Poller};
use cutaway_tui::State;
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use crate::args::{self, OnceFormat, Watch, WatchFormat};
use crate::complain::complain;
use crate::config::Config;
use crate::expr::Expr;
use crate::itself::Own;
use crate::readings::Readings;
use crate::record::Recording;
use crate::signals::Signals;
use crate::{BAD_USE, BadUse, FAILED, FINE, HOLDS};
use crate::{access, clusters, lines, live, once, picture, runtime, vars, watch};

/// How much longer to wait for the first answers where there are pods to be found first.
const FINDING: Duration = Duration::from_secs(10);
/// Messages on their way from scraping to drawing.
const UNDER_WAY: usize = 256;

/// Watches the targets in the way asked for.
pub(crate) fn watch(arguments: &Watch, config: &Config) -> anyhow::Result<u8> {
    if arguments.fail_if.is_some() && arguments.once.is_none() && arguments.lines.is_none() {
        let words = "--fail-if needs --once or --watch: a picture does not end";
        return Err(BadUse(words.to_owned()).into());
    }
    if arguments.lines == Some(WatchFormat::Csv) && arguments.vars.is_empty() {
        let words = "--watch=csv needs --vars: its columns have to be known";
        return Err(BadUse(words.to_owned()).into());
    }
    let (mut items, rejected) = find_targets(arguments);
    for bad in &rejected {
        complain(bad);
    }
    if items.is_empty() && !arguments.itself {
        return Err(BadUse("no target to watch; see cutaway --help".to_owned()).into());
    }
    let options = options(arguments, config)?;
    let unverified = options.tls.as_ref().is_some_and(|tls| !tls.is_verified());
    if unverified && items.iter().any(Item::is_secure) {
        complain("certificates are not verified: whoever answers is believed");
    }
    let runtime = runtime()?;
    let own = Own::new(std::time::Instant::now()).context("cannot count")?;
    if arguments.itself {
        let address = runtime
            .block_on(own.serve())
            .context("cannot publish the console's own variables")?;
        items.extend(Item::parse_list(&format!("http://{address}/debug/vars")).0);
    }
    let code = match arguments.once {
        Some(format) => runtime.block_on(print_once(arguments, format, &items, &rejected, options)),
        None => runtime.block_on(stay(arguments, config, items, options, own)),
    };
    // A look-up of a name may block for long; nobody waits for it.
    runtime.shutdown_background();
    code
}

/// Reads the targets again and again, and shows them as a picture or in lines.
async fn stay(
    arguments: &Watch,
    config: &Config,
    items: Vec<Item>,
    options: Options,
    own: Own,
) -> anyhow::Result<u8> {
    let (interval, started, mut patience) = (options.interval, options.started, options.timeout);
    if items.iter().any(|item| matches!(item, Item::Pods(_))) {
        patience += FINDING;
    }
    let signals = Signals::new().context("cannot watch signals")?;
    let (sender, mut messages) = tokio::sync::mpsc::channel(UNDER_WAY);
    let mut recording = Recording::default();
    if let Some(file) = &arguments.record {
        (recording, messages) = Recording::start(file, arguments.record_limit, interval, messages)?;
    }
    let poller = Poller::start(items, options, sender);
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
    if arguments.dummy || arguments.count.is_some() || !picture::is_possible() {
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
    let mut state = State::new(picture::look(arguments, config, interval));
    picture::remap(&mut state, config)?;
    let wires = live::Wires {
        messages,
        poller: Some(poller),
        opening: None,
        player: None,
        signals,
        own,
        started,
        mouse: arguments.mouse,
    };
    recorded(&recording, picture::show(state, wires).await)
}

/// A recording that ended early is a failure, though everything else went well.
fn recorded(recording: &Recording, ended: anyhow::Result<u8>) -> anyhow::Result<u8> {
    match (recording.failed(), ended) {
        (Some(why), Ok(_)) => Err(anyhow::anyhow!(why)),
        (_, ended) => ended,
    }
}

/// Reads every target once; twice, an interval apart, where rates are asked for.
async fn print_once(
    arguments: &Watch,
    format: OnceFormat,
    items: &[Item],
    rejected: &[BadTarget],
    options: Options,
) -> anyhow::Result<u8> {
    let condition = arguments.fail_if.as_ref();
    let rates = condition.is_some_and(Expr::asks_for_rates)
        || arguments.vars.iter().any(|var| var.path.name() == "rate");
    let found = cutaway_scrape::resolve(items, &options).await;
    let targets = found.concat();
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
        let before = cutaway_scrape::once(&targets, options.clone()).await;
        note(&before);
        tokio::time::sleep(options.interval).await;
    }
    let readings = cutaway_scrape::once(&targets, options).await;
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
    let not_ready = once::not_ready(items, &found, &known);
    if format != OnceFormat::Json {
        for target in &known {
            if let Some(why) = target.failure() {
                complain(format_args!("{}: {why}", target.name));
            }
        }
        not_ready.iter().for_each(complain);
    }
    if let Some(condition) = condition {
        let holds = watch::holds(condition, &known);
        if holds.map_err(|why| anyhow!("--fail-if {condition}: {why}"))? {
            return Ok(HOLDS);
        }
    }
    let is_well = round.is_well() && not_ready.is_empty();
    Ok(match (is_well, rejected.is_empty()) {
        (true, true) => FINE,
        (_, false) => BAD_USE,
        (false, true) => FAILED,
    })
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

/// What to watch, and what of the command line is no target.
fn find_targets(arguments: &Watch) -> (Vec<Item>, Vec<BadTarget>) {
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
    clusters::parse_list(&list)
}

pub(crate) fn options(arguments: &Watch, config: &Config) -> anyhow::Result<Options> {
    let bounded = arguments
        .interval
        .clamp(Duration::from_secs(1), Duration::from_secs(10));
    let usual = Options::default();
    let max_profile = arguments.max_profile.map(usize::try_from);
    Ok(clusters::with_clusters(Options {
        max_profile: max_profile
            .transpose()
            .context("--max-profile")?
            .unwrap_or(usual.max_profile),
        interval: arguments.interval,
        timeout: arguments.timeout.unwrap_or(bounded),
        endpoint: arguments.endpoint.clone(),
        credentials: access::credentials(&arguments.access, config)?,
        tls: Some(access::tls(&arguments.access, config)?),
        seed: RandomState::new().hash_one(()),
        started: Instant::now(),
        ..usual
    }))
}
