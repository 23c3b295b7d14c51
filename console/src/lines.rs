//! Lines instead of a picture: what `--dummy` prints, and what comes out where there is no terminal.
//!
//! The form is expvarmon's: the time of day (in UTC) and the day, then one line a target.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cutaway_model::{Cause, Message, Scalar, Source, TargetId, TargetInfo, Values, sanitize};
use tokio::sync::mpsc;

use crate::clock::Civil;
use crate::vars::Var;

/// What to print, and how often.
pub(crate) struct Options {
    /// The variables in each line.
    pub(crate) vars: Vec<Var>,
    /// Time between two printings.
    pub(crate) interval: Duration,
    /// Stop after so many.
    pub(crate) count: Option<u64>,
    /// How long to wait for the first answers before printing without them.
    pub(crate) patience: Duration,
}

/// Prints until told to stop, until nobody reads any more, or until `count` is reached.
pub(crate) async fn run(
    options: Options,
    mut messages: mpsc::Receiver<Message>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut targets = Vec::new();
    let first = tokio::time::sleep(options.patience);
    tokio::pin!(first);
    // The first block waits until everybody has answered, but not forever.
    while !is_complete(&targets) {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => note(&mut targets, message),
                None => return Ok(()),
            },
            () = &mut first => break,
        }
    }
    let mut ticks = tokio::time::interval(options.interval);
    let mut printed = 0;
    while options.count.is_none_or(|count| printed < count) {
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Some(message) => note(&mut targets, message),
                None => return Ok(()),
            },
            _ = ticks.tick() => {
                print(&targets, &options.vars, SystemTime::now(), out)?;
                printed += 1;
            }
        }
    }
    Ok(())
}

/// What is known of one target.
#[derive(Debug, Default)]
struct Line {
    id: TargetId,
    name: String,
    program: Option<String>,
    values: Vec<(Source, Values)>,
    /// What fails at present: the target as a whole, or one of its sources.
    failed: Vec<(Option<Source>, Cause)>,
    /// Whether it is known all that the target has.
    probed: bool,
}

fn note(targets: &mut Vec<Line>, message: Message) {
    match message {
        Message::Targets(infos) => {
            let before = std::mem::take(targets);
            let mut before: HashMap<TargetId, Line> =
                before.into_iter().map(|line| (line.id, line)).collect();
            let of = |info: TargetInfo| {
                before.remove(&info.id).unwrap_or_else(|| Line {
                    id: info.id,
                    name: info.name,
                    ..Line::default()
                })
            };
            *targets = infos.into_iter().map(of).collect();
        }
        Message::Sample {
            target,
            source,
            values,
            ..
        } => {
            if let Some(line) = line(targets, target) {
                line.program = program(&values).or_else(|| line.program.take());
                line.values.retain(|(of, _)| *of != source);
                line.values.push((source, values));
                line.failed
                    .retain(|(of, _)| of.is_some_and(|of| of != source));
            }
        }
        Message::Failed {
            target,
            source,
            cause,
            ..
        } => {
            if let Some(line) = line(targets, target) {
                line.failed.retain(|(of, _)| *of != source);
                line.failed.push((source, cause));
            }
        }
        Message::Endpoints { target, .. } => {
            if let Some(line) = line(targets, target) {
                line.probed = true;
            }
        }
        _ => {}
    }
}

fn line(targets: &mut [Line], target: TargetId) -> Option<&mut Line> {
    targets.iter_mut().find(|line| line.id == target)
}

fn is_complete(targets: &[Line]) -> bool {
    !targets.is_empty()
        && targets
            .iter()
            .all(|line| !line.failed.is_empty() || line.probed)
}

fn print(targets: &[Line], vars: &[Var], now: SystemTime, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", clock(now))?;
    for line in targets {
        let name = match &line.program {
            Some(program) if targets.len() == 1 => program.clone(),
            Some(program) => format!("{program} {}", line.name),
            None => line.name.clone(),
        };
        writeln!(out, "{name}: {}", line.text(vars))?;
    }
    out.flush()
}

/// What failed, and why: a target as a whole, or one source of it.
pub(crate) fn describe(source: Option<Source>, cause: &Cause) -> String {
    source.map_or_else(|| cause.to_string(), |source| format!("{source}: {cause}"))
}

impl Line {
    fn text(&self, vars: &[Var]) -> String {
        if let Some((None, cause @ (Cause::Starting(_) | Cause::Gone(_)))) = self.failed.first() {
            return cause.to_string();
        }
        if let Some((source, cause)) = self.failed.first() {
            return format!("ERROR: {}", describe(*source, cause));
        }
        if self.values.is_empty() {
            return "waiting for the first answer".to_owned();
        }
        let mut text = String::new();
        for var in vars {
            text += &sanitize(var.path.name());
            text += ": ";
            text += &self.print(var);
            text += ", ";
        }
        text
    }

    fn print(&self, var: &Var) -> String {
        let mut texts = self.values.iter().map(|(_, values)| var.print(values));
        texts
            .find(|text| text != "N/A")
            .unwrap_or_else(|| "N/A".to_owned())
    }
}

/// The program's name, from its command line.
fn program(values: &Values) -> Option<String> {
    let cmdline = values
        .iter()
        .find(|(path, _)| path.segments().len() == 1 && path.name() == "cmdline");
    let Scalar::Array(arguments) = &cmdline?.1 else {
        return None;
    };
    let path = arguments.first()?.as_str()?;
    Some(sanitize(path.rsplit('/').next()?).into_owned())
}

/// `15:04:05 31/12`, in UTC.
fn clock(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let at = Civil::of(i64::try_from(seconds).unwrap_or(i64::MAX));
    let (hour, minute, second) = (at.hour, at.minute, at.second);
    let (day, month) = (at.day, at.month);
    format!("{hour:02}:{minute:02}:{second:02} {day:02}/{month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_time_and_date() {
        let at = |seconds| clock(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "00:00:00 01/01");
        assert_eq!(at(951_782_400), "00:00:00 29/02");
        assert_eq!(at(951_868_800), "00:00:00 01/03");
        assert_eq!(at(1_798_761_599), "23:59:59 31/12");
    }
}
