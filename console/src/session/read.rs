//! Lines into messages.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_model::{
    At, Endpoints, Kind, Message, Path as Name, Pod, Profile, ProfileKind, Scalar, Source,
    TargetId, TargetInfo, Values, first_lines, sanitize,
};
use serde_json::Value;

use super::json::{to_cause, to_kind, to_scalar, to_source};
use super::{VERSION, part_before, ring};

/// A recording in memory: its text, and where each line begins.
pub(crate) struct Recording {
    text: String,
    lines: Vec<Line>,
    /// Places in `lines` from which reading can begin.
    checkpoints: Vec<usize>,
    /// Time between two readings of a target.
    pub(crate) interval: Duration,
}

#[derive(Copy, Clone)]
struct Line {
    at: At,
    begin: usize,
    end: usize,
}

/// What earlier lines said that later ones build on.
#[derive(Default)]
pub(super) struct Context {
    readings: HashMap<(TargetId, Source), Reading>,
    /// Lines that could not be read.
    pub(super) bad: usize,
}

struct Reading {
    values: Values,
    kinds: Arc<HashMap<Name, Kind>>,
}

impl Recording {
    /// Reads a recording, with the part before if there is one. A line at the end that is not complete is left out.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let read = |path: &Path| {
            let bytes =
                fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok::<_, anyhow::Error>(String::from_utf8_lossy(&bytes).into_owned())
        };
        let newest = read(path)?;
        let before = part_before(path);
        let mut text = if before.exists() {
            read(&before)?
        } else {
            String::new()
        };
        text.push_str(&newest);
        Self::parse(text).with_context(|| format!("{} is not a recording", path.display()))
    }

    pub(super) fn parse(text: String) -> anyhow::Result<Self> {
        let header: Value = serde_json::from_str(text.lines().next().unwrap_or_default())
            .context("its first line is not JSON")?;
        match header["session"].as_u64() {
            None => bail!("its first line does not say that it is one"),
            Some(VERSION) => {}
            Some(version) => {
                bail!("it has version {version}, this program reads version {VERSION}")
            }
        }
        let mut recording = Self {
            lines: Vec::new(),
            checkpoints: Vec::new(),
            interval: Duration::from_millis(header["interval_ms"].as_u64().unwrap_or(1_000).max(1)),
            text: String::new(),
        };
        let mut begin = 0;
        for line in text.split_inclusive('\n') {
            let end = begin + line.len();
            if let Some(at) = time(line).filter(|_| line.ends_with('\n')) {
                let at = recording
                    .lines
                    .last()
                    .map_or(at, |before: &Line| before.at.max(at));
                if line.contains("\"targets\":") {
                    recording.checkpoints.push(recording.lines.len());
                }
                recording.lines.push(Line { at, begin, end });
            }
            begin = end;
        }
        recording.text = text;
        if recording.checkpoints.is_empty() {
            bail!("it names no targets");
        }
        Ok(recording)
    }

    /// When its first reading was taken, and its last.
    pub(crate) fn span(&self) -> (At, At) {
        let first = self.lines.iter().find(|line| !line.at.is_zero());
        let last = self.lines.last();
        (
            first.map_or(At::ZERO, |line| line.at),
            last.map_or(At::ZERO, |line| line.at),
        )
    }

    /// The line to begin with to know everything from `at` on.
    pub(super) fn checkpoint(&self, at: At) -> usize {
        let after = self
            .checkpoints
            .partition_point(|place| self.lines[*place].at <= at);
        self.checkpoints[after.saturating_sub(1)]
    }

    /// The message in line `place`, if it has one, and its time; none behind the end.
    pub(super) fn message(
        &self,
        place: usize,
        context: &mut Context,
    ) -> Option<(At, Option<Message>)> {
        let line = self.lines.get(place)?;
        let text = &self.text[line.begin..line.end];
        let read = serde_json::from_str::<Value>(text).ok();
        let message = read.map(|value| {
            (
                context.message(line.at, &value),
                value.get("session").is_some(),
            )
        });
        let message = match message {
            Some((Some(message), _)) => Some(message),
            Some((None, true)) => None,
            _ => {
                context.bad += 1;
                None
            }
        };
        Some((line.at, message))
    }

    /// When line `place` was written.
    pub(super) fn time_of(&self, place: usize) -> Option<At> {
        self.lines.get(place).map(|line| line.at)
    }

    /// How many lines there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }
}

/// The time that a line begins with.
fn time(line: &str) -> Option<At> {
    let digits = line.strip_prefix("{\"at\":")?;
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    digits[..end].parse().ok().map(Duration::from_micros)
}

impl Context {
    fn message(&mut self, at: At, line: &Value) -> Option<Message> {
        if let Some(targets) = line["targets"].as_array() {
            self.readings.clear();
            return Some(Message::Targets(targets.iter().filter_map(info).collect()));
        }
        let target = TargetId(line["target"].as_u64()?.try_into().ok()?);
        let kind = |name: &str| ProfileKind::from_endpoint(line[name].as_str()?);
        if let Some(why) = line["restarted"].as_str() {
            let why = first_lines(why.as_bytes(), 400);
            Some(Message::Restarted { target, at, why })
        } else if !line["ring"].is_null() {
            let news = ring::to_news(line)?;
            Some(Message::Ring { target, at, news })
        } else if line["endpoints"].is_object() {
            let endpoints = endpoints(&line["endpoints"]);
            Some(Message::Endpoints {
                target,
                at,
                endpoints,
            })
        } else if line["failed"].is_object() {
            Some(Message::Failed {
                target,
                at,
                source: line["source"].as_str().and_then(to_source),
                cause: to_cause(&line["failed"])?,
                failures: line["failures"].as_u64()?.try_into().ok()?,
                retry_in: Duration::from_millis(line["retry_ms"].as_u64()?),
            })
        } else if let Some(kind) = kind("profile") {
            let profile = Arc::new(profile(line["data"].as_str()?)?);
            Some(Message::Profile {
                target,
                at,
                kind,
                profile,
            })
        } else if let Some(kind) = kind("profile_started") {
            let seconds = line["seconds"].as_u64()?.try_into().ok()?;
            Some(Message::ProfileStarted {
                target,
                at,
                kind,
                seconds,
            })
        } else if let Some(kind) = kind("profile_failed") {
            let cause = to_cause(&line["cause"])?;
            Some(Message::ProfileFailed {
                target,
                at,
                kind,
                cause,
            })
        } else {
            self.sample(target, at, line)
        }
    }

    fn sample(&mut self, target: TargetId, at: At, line: &Value) -> Option<Message> {
        let source = to_source(line["source"].as_str()?)?;
        let reading = if let Some(names) = line["names"].as_array() {
            whole(names, line)?
        } else {
            let known = self.readings.get(&(target, source))?;
            changed(known, line["changed"].as_array()?)?
        };
        let message = Message::Sample {
            target,
            at,
            took: Duration::from_micros(line["took"].as_u64()?),
            source,
            values: Arc::clone(&reading.values),
            kinds: Arc::clone(&reading.kinds),
            warnings: line["warnings"].as_u64()? as usize,
        };
        self.readings.insert((target, source), reading);
        Some(message)
    }
}

fn info(target: &Value) -> Option<TargetInfo> {
    let text = |name: &str| Some(sanitize(target[name].as_str()?).into_owned());
    Some(TargetInfo {
        id: TargetId(target["id"].as_u64()?.try_into().ok()?),
        name: text("name")?,
        url: text("url")?,
        pod: pod(&target["pod"]).map(Arc::new),
    })
}

fn pod(pod: &Value) -> Option<Pod> {
    let text = |name: &str| Some(sanitize(pod[name].as_str()?).into_owned());
    Some(Pod {
        namespace: text("namespace")?,
        name: text("name")?,
        node: text("node")?,
        restarts: pod["restarts"].as_u64()?.try_into().ok()?,
        version: text("version")?,
    })
}

fn endpoints(value: &Value) -> Endpoints {
    let texts = |name: &str| {
        value[name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    Endpoints {
        sources: texts("sources")
            .iter()
            .filter_map(|name| to_source(name))
            .collect(),
        profiles: texts("profiles")
            .iter()
            .filter_map(|name| ProfileKind::from_endpoint(name))
            .collect(),
    }
}

fn profile(data: &str) -> Option<Profile> {
    Profile::decode(&STANDARD.decode(data).ok()?).ok()
}

fn whole(names: &[Value], line: &Value) -> Option<Reading> {
    let values = line["values"]
        .as_array()
        .filter(|values| values.len() == names.len())?;
    let names: Vec<Name> = names
        .iter()
        .map(|name| name.as_str().map(Name::from))
        .collect::<Option<_>>()?;
    let kinds = line["kinds"].as_array().into_iter().flatten();
    let kinds = names
        .iter()
        .zip(kinds)
        .filter_map(|(name, kind)| Some((name.clone(), to_kind(kind.as_str()?)?)));
    let kinds = Arc::new(kinds.collect());
    let mut all: Vec<(Name, Scalar)> = names
        .into_iter()
        .zip(values.iter().map(to_scalar))
        .collect();
    if !all.is_sorted_by(|a, b| a.0 <= b.0) {
        all.sort_by(|a, b| a.0.cmp(&b.0));
    }
    Some(Reading {
        values: Arc::new(all),
        kinds,
    })
}

fn changed(known: &Reading, changes: &[Value]) -> Option<Reading> {
    let mut values = Vec::clone(&known.values);
    for change in changes {
        let index = change[0].as_u64()? as usize;
        values.get_mut(index)?.1 = to_scalar(&change[1]);
    }
    Some(Reading {
        values: Arc::new(values),
        kinds: Arc::clone(&known.kinds),
    })
}
