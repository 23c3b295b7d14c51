//! `--once json`: every target read once, as one document.
//!
//! `{"version": 1, "targets": [{"name", "url", "ok", "error", "sources": {"expvar": {"took_ms", "warnings", "values":
//! {"dotted.path": value}}}, "profiles": ["heap", …]}], "rejected": [{"item", "why"}]}`. `ok` is false and `error` says
//! why if anything the target should have answered failed; what was read stands there nevertheless.

use cutaway_model::{Message, Number, Path, ProfileKind, Scalar, TargetInfo, Values};
use cutaway_scrape::BadTarget;
use serde_json::{Map, Value, json};

use crate::lines;
use crate::vars::Var;

/// The document's version: raised when something in it changes its meaning.
const VERSION: u32 = 1;

/// The document, and whether all targets are well. Of the variables only `vars`, unless that is empty.
pub(crate) fn document(
    readings: &[(TargetInfo, Vec<Message>)],
    rejected: &[BadTarget],
    vars: &[Var],
) -> (Value, bool) {
    let targets: Vec<Value> = readings
        .iter()
        .map(|(info, messages)| target(info, messages, vars))
        .collect();
    let well = targets.iter().all(|target| target["ok"] == true);
    let rejected: Vec<Value> = rejected
        .iter()
        .map(|bad| json!({"item": bad.item, "why": bad.why}))
        .collect();
    (
        json!({"version": VERSION, "targets": targets, "rejected": rejected}),
        well,
    )
}

fn target(info: &TargetInfo, messages: &[Message], vars: &[Var]) -> Value {
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
    json!({"name": info.name, "url": info.url, "ok": error.is_none(), "error": error, "sources": sources, "profiles": profiles})
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

fn json_of(value: &Scalar) -> Value {
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
