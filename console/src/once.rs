//! `--once json|csv|md|prom`: every target read once.
//!
//! JSON: `{"version": 1, "targets": [{"name", "url", "ok", "error", "sources": {"expvar": {"took_ms", "warnings",
//! "values": {"dotted.path": value}}}, "profiles": ["heap", …]}], "rejected": [{"item", "why"}]}`. `ok` is false and
//! `error` says why if anything the target should have answered failed; what was read stands there nevertheless.
//!
//! CSV and Markdown: a row for each value, `target`, `source`, `name`, `value`, the order that of the targets and names.
//! Prometheus text: each number under its name with the label `target`, and `up` for each target that is there. In these
//! forms, what failed is told on standard error, and that no pod of those asked for is ready.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cutaway_model::{Message, Number, Path, ProfileKind, Scalar, TargetInfo, Values};
use cutaway_scrape::{BadTarget, Item, Target};
use exposition::{Family, Format, Kind};
use serde_json::{Map, Value, json};

use crate::args::OnceFormat;
use crate::complain::harmless;
use crate::forms;
use crate::lines;
use crate::readings::Readings;
use crate::vars::Var;

/// The document's version: raised when something in it changes its meaning.
const VERSION: u32 = 1;

/// How many pods are named that are not ready.
const NAMED: usize = 3;

/// What one reading of all targets brought.
pub(crate) struct Round<'a> {
    pub(crate) readings: &'a [(TargetInfo, Vec<Message>)],
    pub(crate) rejected: &'a [BadTarget],
    /// The variables asked for; all if there are none.
    pub(crate) vars: &'a [Var],
    /// The targets with their rates.
    pub(crate) targets: &'a [Readings],
}

impl Round<'_> {
    pub(crate) fn print(&self, format: OnceFormat, out: &mut impl Write) -> io::Result<()> {
        match format {
            OnceFormat::Json => {
                let document = format!("{:#}", self.document());
                writeln!(out, "{}", forms::json(&document))
            }
            OnceFormat::Csv => forms::csv(&self.table(), out),
            OnceFormat::Md => forms::md(&self.table(), out),
            OnceFormat::Prom => out.write_all(harmless(&self.metrics()).as_bytes()),
        }?;
        out.flush()
    }

    /// Whether every target answered all that it should.
    pub(crate) fn is_well(&self) -> bool {
        self.targets.iter().all(|target| target.failure().is_none())
    }

    fn document(&self) -> Value {
        let targets: Vec<Value> = self
            .readings
            .iter()
            .zip(self.targets)
            .map(|((info, messages), readings)| target(info, messages, readings, self.vars))
            .collect();
        let rejected: Vec<Value> = self
            .rejected
            .iter()
            .map(|bad| json!({"item": bad.item, "why": bad.why}))
            .collect();
        json!({"version": VERSION, "targets": targets, "rejected": rejected})
    }

    fn table(&self) -> Vec<Vec<String>> {
        let titles = ["target", "source", "name", "value"];
        let mut table = vec![titles.map(str::to_owned).to_vec()];
        for readings in self.targets {
            let mut row = |source: String, name: String, value: &Scalar| {
                table.push(vec![readings.name.clone(), source, name, text(value)]);
            };
            if self.vars.is_empty() {
                for (source, values) in readings.sources() {
                    for (path, value) in values.iter() {
                        row(source.to_string(), path.to_string(), value);
                    }
                }
            } else {
                for (name, value) in readings.values(self.vars) {
                    row(String::new(), name, &value);
                }
            }
        }
        table
    }

    fn metrics(&self) -> String {
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut push = |name: &str, labels: &[(String, String)], value| {
            let family = families
                .entry(exposition::metric_name(name))
                .or_insert_with(|| Family::new(name, Kind::Untyped));
            family.push(labels.iter().map(|(k, v)| (k.as_str(), v.as_str())), value);
        };
        for readings in self.targets.iter().filter(|of| of.absent.is_none()) {
            let target = ("target".to_owned(), readings.name.clone());
            let up = f64::from(u8::from(readings.failure().is_none()));
            push("up", std::slice::from_ref(&target), up);
            for (name, value) in readings.values(self.vars) {
                let (name, mut labels) = labelled(&Path::from(name.as_str()));
                labels.push(target.clone());
                let flag = match value {
                    Scalar::Bool(flag) => Some(f64::from(u8::from(flag))),
                    _ => None,
                };
                // The targets' own `up` would stand beside ours.
                if let Some(number) = value.as_f64().or(flag).filter(|_| name != "up") {
                    push(&name, &labels, number);
                }
            }
        }
        let families: Vec<Family> = families.into_values().collect();
        exposition::write(&families, Format::Prometheus)
    }
}

/// Of which items nothing could be read, though nothing failed: each pod found does not run yet, or went away. `known` are
/// the `found` targets of all items, one after the other.
pub(crate) fn not_ready(
    items: &[Item],
    found: &[Vec<Target>],
    mut known: &[Readings],
) -> Vec<String> {
    let mut all = Vec::new();
    for (item, targets) in items.iter().zip(found) {
        let (pods, rest) = known.split_at(targets.len());
        known = rest;
        let absent = pods.iter().filter_map(|pod| {
            let why = pod.absent.as_ref()?;
            Some(format!("{}: {why}", pod.name))
        });
        let absent: Vec<String> = absent.collect();
        if absent.is_empty() || absent.len() < pods.len() {
            continue;
        }
        let mut words = absent[..absent.len().min(NAMED)].join(", ");
        if absent.len() > NAMED {
            words = format!("{words}, and {} more", absent.len() - NAMED);
        }
        all.push(format!(
            "{item}: no pod is ready ({words}); ask again when one runs"
        ));
    }
    all
}

/// The name of a metric and its labels: those of metrics text are a segment of their own, `{name="value"}`.
fn labelled(path: &Path) -> (String, Vec<(String, String)>) {
    let labels = path
        .segments()
        .last()
        .filter(|last| last.starts_with('{') && last.ends_with('}'));
    let parsed = labels.and_then(|labels| {
        let line = format!("x{labels} 1\n");
        let parsed = exposition::parse(line.as_bytes());
        let sample = parsed.families.first()?.samples.first()?;
        Some(sample.labels.clone())
    });
    let segments = path.segments();
    let named = match &parsed {
        Some(_) => &segments[..segments.len() - 1],
        None => segments,
    };
    let name = named.iter().map(|s| &**s).collect::<Vec<_>>().join("_");
    (name, parsed.unwrap_or_default())
}

fn target(info: &TargetInfo, messages: &[Message], readings: &Readings, vars: &[Var]) -> Value {
    let mut sources = Map::new();
    let (mut profiles, mut error) = (Vec::new(), None);
    for message in messages {
        match message {
            Message::Sample {
                source,
                took,
                values,
                warnings,
                ..
            } => {
                let took_ms = took.as_micros() as f64 / 1e3;
                sources.insert(source.to_string(), json!({"took_ms": took_ms, "warnings": warnings, "values": values_of(values, vars)}));
            }
            Message::Endpoints { endpoints, .. } => {
                profiles = endpoints
                    .profiles
                    .iter()
                    .map(|kind| ProfileKind::endpoint(*kind))
                    .collect();
            }
            Message::Failed { source, cause, .. } => error = Some(lines::describe(*source, cause)),
            _ => {}
        }
    }
    let mut document = json!({"name": info.name, "url": info.url, "ok": error.is_none(), "error": error, "sources": sources, "profiles": profiles});
    let rates = vars.iter().filter(|var| var.path.name() == "rate");
    let rates: Vec<Var> = rates.cloned().collect();
    if !rates.is_empty() {
        let values = readings.values(&rates).into_iter();
        let rates: Map<String, Value> = values
            .map(|(name, value)| (name, json_of(&value)))
            .collect();
        document["rates"] = rates.into();
    }
    document
}

fn values_of(values: &Values, vars: &[Var]) -> Value {
    let wanted = |path: &Path| vars.is_empty() || vars.iter().any(|var| var.path == *path);
    let members = values.iter().filter(|(path, _)| wanted(path));
    Value::Object(
        members
            .map(|(path, value)| (path.to_string(), json_of(value)))
            .collect(),
    )
}

/// A value as JSON has it.
pub(crate) fn json_of(value: &Scalar) -> Value {
    match value {
        Scalar::Number(Number::U64(value)) => (*value).into(),
        Scalar::Number(Number::I64(value)) => (*value).into(),
        // JSON has no word for NaN and the infinities: null.
        Scalar::Number(Number::F64(value)) => (*value).into(),
        Scalar::Text(text) => text.as_str().into(),
        Scalar::Bool(flag) => (*flag).into(),
        Scalar::Null => Value::Null,
        Scalar::Array(items) => items.iter().map(json_of).collect(),
    }
}

/// A value as text: a string bare, everything else as JSON has it. Nothing in it is obeyed by a terminal.
pub(crate) fn text(value: &Scalar) -> String {
    let text = match value {
        Scalar::Text(text) => text.clone(),
        other => json_of(other).to_string(),
    };
    cutaway_model::sanitize(&text).into_owned()
}
