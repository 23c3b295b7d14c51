//! `--watch lines|json|csv`: one line a target and interval, for scripts and logs.
//!
//! | form | a line |
//! |---|---|
//! | `lines` | `2026-11-21T01:32:07Z 127.0.0.1:4000 requests=12 requests.rate=3.5` (text in quotes) |
//! | `json` | `{"time", "target", "ok", "error", "values": {"dotted.path": value}}` |
//! | `csv` | `time,target,error,` and the variables asked for; titles first |
//!
//! Times are in UTC. What fails stands in `error`, with the last values known. Pods that do not run yet, or were deleted,
//! have no line.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cutaway_model::{Message, Scalar, sanitize};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::args::WatchFormat;
use crate::clock::Civil;
use crate::complain::complain;
use crate::expr::Expr;
use crate::forms;
use crate::once;
use crate::readings::{Readings, target_of};
use crate::vars::Var;

/// What to print, how often, and when to stop.
pub(crate) struct Options {
    pub(crate) format: WatchFormat,
    /// The variables in each line; all if there are none.
    pub(crate) vars: Vec<Var>,
    pub(crate) interval: Duration,
    /// Stop after so many intervals.
    pub(crate) count: Option<u64>,
    /// How long to wait for the first answers before printing without them.
    pub(crate) patience: Duration,
    /// Stop when it holds for a target.
    pub(crate) fail_if: Option<Expr>,
}

/// Why it ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// There was enough, or nobody told anything any more.
    Enough,
    /// The condition holds.
    Holds,
    /// The condition could not be judged at the end: a name in it was never there.
    Unjudged,
}

/// Prints until told to stop, until nobody reads any more, until `count` is reached or the condition holds.
pub(crate) async fn run(
    options: Options,
    mut messages: mpsc::Receiver<Message>,
    out: &mut impl Write,
) -> io::Result<Ended> {
    let mut targets: Vec<Readings> = Vec::new();
    let first = tokio::time::sleep(options.patience);
    tokio::pin!(first);
    // The first lines wait until everybody has answered, but not forever.
    while targets.is_empty() || !targets.iter().all(|target| target.known) {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => note(&mut targets, &message),
                None => return Ok(Ended::Enough),
            },
            () = &mut first => break,
        }
    }
    if options.format == WatchFormat::Csv {
        let names = options.vars.iter().map(|var| var.path.to_string());
        let titles = ["time", "target", "error"].map(str::to_owned).into_iter();
        forms::csv(&[titles.chain(names).collect()], out)?;
    }
    let mut ticks = tokio::time::interval(options.interval);
    let (mut printed, mut unjudged) = (0, None);
    while options.count.is_none_or(|count| printed < count) {
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Some(message) => note(&mut targets, &message),
                None => return Ok(Ended::Enough),
            },
            _ = ticks.tick() => {
                print(&targets, &options, SystemTime::now(), out)?;
                printed += 1;
                if let Some(condition) = &options.fail_if {
                    match holds(condition, &targets) {
                        Ok(true) => return Ok(Ended::Holds),
                        Ok(false) => unjudged = None,
                        Err(why) => unjudged = Some(why),
                    }
                }
            }
        }
    }
    Ok(match unjudged {
        Some(why) => {
            complain(format_args!("--fail-if: {why}"));
            Ended::Unjudged
        }
        None => Ended::Enough,
    })
}

/// Whether the condition holds for any target; the first for which it does is told.
pub(crate) fn holds(condition: &Expr, targets: &[Readings]) -> Result<bool, String> {
    for target in targets.iter().filter(|target| target.absent.is_none()) {
        if condition.holds(target)? {
            let values = condition.explain(target);
            complain(format_args!("{}: {condition} ({values})", target.name));
            return Ok(true);
        }
    }
    Ok(false)
}

fn note(targets: &mut Vec<Readings>, message: &Message) {
    if let Message::Targets(infos) = message {
        Readings::list(targets, infos);
    }
    let about = target_of(message).and_then(|id| targets.iter_mut().find(|of| of.id == id));
    if let Some(target) = about {
        target.take(message);
    }
}

fn print(
    targets: &[Readings],
    options: &Options,
    now: SystemTime,
    out: &mut impl Write,
) -> io::Result<()> {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let time = Civil::of(i64::try_from(seconds).unwrap_or(i64::MAX)).rfc3339();
    for target in targets.iter().filter(|target| target.absent.is_none()) {
        let values = target.values(&options.vars);
        match options.format {
            WatchFormat::Lines => writeln!(out, "{time} {}", line(target, &values))?,
            WatchFormat::Json => {
                let values = values
                    .iter()
                    .map(|(name, value)| (name.clone(), once::json_of(value)));
                let values: Map<String, Value> = values.collect();
                let error = target.failure();
                let document = json!({"time": time, "target": target.name, "ok": error.is_none(), "error": error, "values": values});
                writeln!(out, "{}", forms::json(&document.to_string()))?;
            }
            WatchFormat::Csv => {
                let value = |var: &Var| {
                    let name = var.path.to_string();
                    let found = values.iter().find(|(known, _)| *known == name);
                    found.map_or_else(String::new, |(_, value)| once::text(value))
                };
                let error = target.failure().unwrap_or_default();
                let mut row = vec![time.clone(), target.name.clone(), error.to_owned()];
                row.extend(options.vars.iter().map(value));
                forms::csv(&[row], out)?;
            }
        }
    }
    out.flush()
}

fn line(target: &Readings, values: &[(String, Scalar)]) -> String {
    let error = target.failure().map(|error| format!("error={error:?}"));
    let named = values.iter().map(|(name, value)| {
        let text = match value {
            Scalar::Text(text) => format!("{:?}", sanitize(text)),
            Scalar::Array(_) => format!("{:?}", once::text(value)),
            other => once::text(other),
        };
        format!("{}={text}", sanitize(name))
    });
    let words = std::iter::once(target.name.clone()).chain(error);
    words.chain(named).collect::<Vec<_>>().join(" ")
}
