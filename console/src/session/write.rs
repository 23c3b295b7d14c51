//! Messages into lines.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_model::{
    At, Kind, Message, Path as Name, RingNews, Source, TargetId, TargetInfo, Values,
};
use serde_json::{Map, Value, json};

use super::json::{of_cause, of_kind, of_scalar};
use super::{VERSION, part_before, ring};

/// How often everything is said anew, so that a reader can begin there.
const CHECKPOINT: Duration = Duration::from_mins(1);

/// A recording in the making.
pub(crate) struct Recorder {
    path: PathBuf,
    out: BufWriter<File>,
    written: u64,
    /// The most bytes of one part; two parts are kept.
    part: u64,
    interval: Duration,
    targets: Vec<TargetInfo>,
    /// What was said about targets and must be said again after a checkpoint.
    standing: BTreeMap<(TargetId, &'static str), Map<String, Value>>,
    /// The readings written last, by which only changes are written.
    known: HashMap<(TargetId, Source), Values>,
    checkpoint: At,
    /// The time of the last line.
    latest: At,
}

impl Recorder {
    /// Begins a recording of at most `limit` bytes in a new file.
    pub(crate) fn create(path: &Path, limit: u64, interval: Duration) -> io::Result<Self> {
        let mut recorder = Self {
            path: path.to_owned(),
            out: BufWriter::new(new_file(path)?),
            written: 0,
            part: limit / 2,
            interval,
            targets: Vec::new(),
            standing: BTreeMap::new(),
            known: HashMap::new(),
            checkpoint: At::ZERO,
            latest: At::ZERO,
        };
        recorder.header()?;
        Ok(recorder)
    }

    /// Notes a message. What it says is in the file, not only in memory, when this returns.
    pub(crate) fn note(&mut self, message: &Message) -> io::Result<()> {
        self.write(message)?;
        self.out.flush()
    }

    fn write(&mut self, message: &Message) -> io::Result<()> {
        match message {
            Message::Targets(targets) => {
                self.targets.clone_from(targets);
                let there = |id: TargetId| targets.iter().any(|target| target.id == id);
                self.standing.retain(|(id, _), _| there(*id));
                self.checkpoint(self.latest)
            }
            Message::Endpoints {
                target,
                at,
                endpoints,
            } => {
                let sources: Vec<String> = endpoints.sources.iter().map(Source::to_string).collect();
                let profiles: Vec<&str> = endpoints.profiles.iter().map(|kind| kind.endpoint()).collect();
                let said = json!({"sources": sources, "profiles": profiles});
                self.say(*at, *target, "endpoints", said, Map::new())
            }
            Message::Sample {
                target,
                at,
                took,
                source,
                values,
                kinds,
                warnings,
            } => {
                if at.saturating_sub(self.checkpoint) >= CHECKPOINT {
                    self.checkpoint(*at)?;
                }
                self.standing.remove(&(*target, "failed"));
                let head = json!({"target": target.0, "source": source.to_string(), "took": took.as_micros() as u64, "warnings": warnings});
                self.sample(*at, (*target, *source), head, values, kinds)
            }
            Message::Failed {
                target,
                at,
                source,
                cause,
                failures,
                retry_in,
            } => {
                let more = json!({"source": source.map(|source| source.to_string()), "failures": failures, "retry_ms": retry_in.as_millis() as u64});
                self.say(*at, *target, "failed", of_cause(cause), object(more))
            }
            Message::Restarted { target, at, why } => {
                self.line(*at, json!({"target": target.0, "restarted": why}))
            }
            Message::ProfileStarted {
                target,
                at,
                kind,
                seconds,
            } => self.line(
                *at,
                json!({"target": target.0, "profile_started": kind.endpoint(), "seconds": seconds}),
            ),
            Message::Profile {
                target,
                at,
                kind,
                profile,
            } => {
                let data = STANDARD.encode(profile.encode_gzip());
                self.line(
                    *at,
                    json!({"target": target.0, "profile": kind.endpoint(), "data": data}),
                )
            }
            Message::Ring { target, at, news } => {
                let said = object(ring::of_news(news));
                if let RingNews::On(_) = news {
                    let pace = said.get("ring").cloned().unwrap_or_default();
                    return self.say(*at, *target, "ring", pace, Map::new());
                }
                if let RingNews::Off = news {
                    self.standing.remove(&(*target, "ring"));
                }
                let mut line = object(json!({"target": target.0}));
                line.extend(said);
                self.line(*at, Value::Object(line))
            }
            Message::ProfileFailed {
                target,
                at,
                kind,
                cause,
            } => self.line(
                *at,
                json!({"target": target.0, "profile_failed": kind.endpoint(), "cause": of_cause(cause)}),
            ),
        }
    }

    /// A reading: whole with its names when those changed, else only what changed.
    fn sample(
        &mut self,
        at: At,
        key: (TargetId, Source),
        mut line: Value,
        values: &Values,
        kinds: &HashMap<Name, Kind>,
    ) -> io::Result<()> {
        let known = self.known.get(&key);
        let same = known.filter(|known| {
            known.len() == values.len()
                && known
                    .iter()
                    .zip(values.iter())
                    .all(|(old, new)| old.0 == new.0)
        });
        if let Some(known) = same {
            let pairs = known.iter().zip(values.iter()).enumerate();
            let changed = pairs.filter(|(_, (old, new))| old.1 != new.1);
            let changed = changed.map(|(index, (_, new))| json!([index, of_scalar(&new.1)]));
            line["changed"] = changed.collect();
        } else {
            line["names"] = values
                .iter()
                .map(|(name, _)| Value::from(name.to_string()))
                .collect();
            let kind = |name: &Name| kinds.get(name).map(|kind| of_kind(*kind));
            if !kinds.is_empty() {
                line["kinds"] = values
                    .iter()
                    .map(|(name, _)| Value::from(kind(name)))
                    .collect();
            }
            line["values"] = values.iter().map(|(_, value)| of_scalar(value)).collect();
        }
        self.known.insert(key, Values::clone(values));
        self.line(at, line)
    }

    /// Says something about a target that holds until it is said anew.
    fn say(
        &mut self,
        at: At,
        target: TargetId,
        what: &'static str,
        said: Value,
        mut more: Map<String, Value>,
    ) -> io::Result<()> {
        more.insert("target".to_owned(), target.0.into());
        more.insert(what.to_owned(), said);
        self.standing.insert((target, what), more.clone());
        self.line(at, Value::Object(more))
    }

    /// Says everything anew that later lines build on.
    fn checkpoint(&mut self, at: At) -> io::Result<()> {
        if self.written > self.part {
            self.turn_over()?;
        }
        self.checkpoint = at;
        self.known.clear();
        let info = |target: &TargetInfo| {
            let mut info = json!({"id": target.id.0, "name": target.name, "url": target.url});
            if let Some(pod) = &target.pod {
                info["pod"] = json!({"namespace": pod.namespace, "name": pod.name, "node": pod.node, "restarts": pod.restarts, "version": pod.version});
            }
            info
        };
        let targets: Value = self.targets.iter().map(info).collect();
        self.line(at, json!({"targets": targets}))?;
        let standing: Vec<_> = self.standing.values().cloned().collect();
        for said in standing {
            self.line(at, Value::Object(said))?;
        }
        Ok(())
    }

    /// Begins a new file; this one is kept as the part before, in place of an older one.
    fn turn_over(&mut self) -> io::Result<()> {
        self.out.flush()?;
        std::fs::rename(&self.path, part_before(&self.path))?;
        self.out = BufWriter::new(new_file(&self.path)?);
        self.written = 0;
        self.header()
    }

    fn header(&mut self) -> io::Result<()> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let interval = self.interval.as_millis() as u64;
        self.line(
            At::ZERO,
            json!({"session": VERSION, "unix_ms": now.as_millis() as u64, "interval_ms": interval}),
        )
    }

    /// The time comes first, so that a reader finds its way without reading the rest.
    fn line(&mut self, at: At, rest: Value) -> io::Result<()> {
        self.latest = self.latest.max(at);
        let rest = Value::Object(object(rest)).to_string();
        let line = format!("{{\"at\":{},{}\n", at.as_micros(), &rest[1..]);
        self.out.write_all(line.as_bytes())?;
        self.written += line.len() as u64;
        Ok(())
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
