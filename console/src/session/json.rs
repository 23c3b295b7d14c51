//! Values and causes as JSON, in both directions.

use std::time::Duration;

use cutaway_model::{Cause, Kind, Number, Scalar, Source};
use serde_json::{Value, json};

/// A value. What JSON has no word for is an object: `{"f": "NaN"}`.
pub(super) fn of_scalar(value: &Scalar) -> Value {
    match value {
        Scalar::Number(Number::U64(value)) => (*value).into(),
        Scalar::Number(Number::I64(value)) => (*value).into(),
        Scalar::Number(Number::F64(value)) if value.is_finite() => (*value).into(),
        Scalar::Number(Number::F64(value)) => json!({"f": value.to_string()}),
        Scalar::Text(text) => text.as_str().into(),
        Scalar::Bool(flag) => (*flag).into(),
        Scalar::Null => Value::Null,
        Scalar::Array(items) => items.iter().map(of_scalar).collect(),
    }
}

pub(super) fn to_scalar(value: &Value) -> Scalar {
    match value {
        Value::Null => Scalar::Null,
        Value::Bool(flag) => Scalar::Bool(*flag),
        Value::String(text) => Scalar::Text(text.as_str().into()),
        Value::Array(items) => Scalar::Array(items.iter().map(to_scalar).collect()),
        Value::Number(number) => Scalar::Number(match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => Number::U64(value),
            (None, Some(value)) => Number::I64(value),
            (None, None) => Number::F64(number.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::Object(_) => {
            let float = value["f"].as_str().and_then(|text| text.parse().ok());
            Scalar::Number(Number::F64(float.unwrap_or(f64::NAN)))
        }
    }
}

pub(super) fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Bytes => "bytes",
        Kind::Nanoseconds => "nanoseconds",
        Kind::Text => "text",
        Kind::Flag => "flag",
        Kind::List => "list",
    }
}

pub(super) fn to_kind(name: &str) -> Option<Kind> {
    let all = [
        Kind::Counter,
        Kind::Gauge,
        Kind::Bytes,
        Kind::Nanoseconds,
        Kind::Text,
        Kind::Flag,
        Kind::List,
    ];
    all.into_iter().find(|kind| of_kind(*kind) == name)
}

pub(super) fn to_source(name: &str) -> Option<Source> {
    [Source::Expvar, Source::Prometheus, Source::Pprof]
        .into_iter()
        .find(|source| source.to_string() == name)
}

/// A cause: its name, and what belongs to it.
pub(super) fn of_cause(cause: &Cause) -> Value {
    match cause {
        Cause::Refused => json!({"is": "refused"}),
        Cause::TimedOut { after } => json!({"is": "timed_out", "ms": after.as_millis() as u64}),
        Cause::Unreachable(why) => json!({"is": "unreachable", "why": why}),
        Cause::Closed => json!({"is": "closed"}),
        Cause::Tls(why) => json!({"is": "tls", "why": why}),
        Cause::Http { status, body } => json!({"is": "http", "status": status, "why": body}),
        Cause::NotHttp(why) => json!({"is": "not_http", "why": why}),
        Cause::Json { offset, message } => json!({"is": "json", "at": offset, "why": message}),
        Cause::Text { line, message } => json!({"is": "text", "at": line, "why": message}),
        Cause::Profile(why) => json!({"is": "profile", "why": why}),
        Cause::TooLarge { limit } => json!({"is": "too_large", "at": limit}),
        Cause::Busy(why) => json!({"is": "busy", "why": why}),
        Cause::NotFound(why) => json!({"is": "not_found", "why": why}),
        Cause::Unsupported(why) => json!({"is": "unsupported", "why": why}),
        Cause::Config(why) => json!({"is": "config", "why": why}),
        Cause::Unauthenticated(why) => json!({"is": "unauthenticated", "why": why}),
        Cause::Forbidden(why) => json!({"is": "forbidden", "why": why}),
        Cause::NotRunning(why) => json!({"is": "not_running", "why": why}),
        Cause::Starting(why) => json!({"is": "starting", "why": why}),
        Cause::Gone(why) => json!({"is": "gone", "why": why}),
    }
}

/// The cause written there; strangers' text in it is made safe again, since files can be edited.
pub(super) fn to_cause(value: &Value) -> Option<Cause> {
    let why = || {
        let text = value["why"].as_str().unwrap_or_default();
        cutaway_model::first_lines(text.as_bytes(), 400)
    };
    let at = || value["at"].as_u64().unwrap_or_default() as usize;
    Some(match value["is"].as_str()? {
        "refused" => Cause::Refused,
        "timed_out" => Cause::TimedOut {
            after: Duration::from_millis(value["ms"].as_u64()?),
        },
        "unreachable" => Cause::Unreachable(why()),
        "closed" => Cause::Closed,
        "tls" => Cause::Tls(why()),
        "http" => Cause::Http {
            status: value["status"].as_u64()?.try_into().ok()?,
            body: why(),
        },
        "not_http" => Cause::NotHttp(why()),
        "json" => Cause::Json {
            offset: at(),
            message: why(),
        },
        "text" => Cause::Text {
            line: at(),
            message: why(),
        },
        "profile" => Cause::Profile(why()),
        "too_large" => Cause::TooLarge { limit: at() },
        "busy" => Cause::Busy(why()),
        "not_found" => Cause::NotFound(why()),
        "unsupported" => Cause::Unsupported(why()),
        "config" => Cause::Config(why()),
        "unauthenticated" => Cause::Unauthenticated(why()),
        "forbidden" => Cause::Forbidden(why()),
        "not_running" => Cause::NotRunning(why()),
        "starting" => Cause::Starting(why()),
        "gone" => Cause::Gone(why()),
        _ => return None,
    })
}
