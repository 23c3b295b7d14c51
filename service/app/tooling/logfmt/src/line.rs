//! One line of a log: what it says, and how people read it.

use std::fmt::Write as _;
use std::str::FromStr;

use serde_json::{Map, Value};

/// How bad it is. Orders by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "trace" => Level::Trace,
            "debug" => Level::Debug,
            "info" | "information" | "notice" => Level::Info,
            "warn" | "warning" => Level::Warn,
            "error" | "err" | "fatal" | "critical" | "panic" => Level::Error,
            _ => return Err("must be error, warn, info, debug or trace".into()),
        })
    }
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        }
    }

    fn color(self) -> &'static str {
        match self {
            Level::Trace | Level::Debug => DIM,
            Level::Info => "\x1b[32m",
            Level::Warn => "\x1b[33m",
            Level::Error => "\x1b[31m",
        }
    }
}

const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// What the fields that every line has are called, here and elsewhere.
const TIME: [&str; 4] = ["timestamp", "time", "ts", "@timestamp"];
const LEVEL: [&str; 3] = ["level", "severity", "lvl"];
const MESSAGE: [&str; 2] = ["message", "msg"];
/// What a request's first words have said already.
const OF_REQUEST: [&str; 5] = ["method", "path", "status", "took_us", "route"];

/// A line that is a JSON object.
pub(crate) struct Line(Map<String, Value>);

impl Line {
    /// `None` if it is none.
    pub(crate) fn parse(text: &[u8]) -> Option<Line> {
        // Most of what is no JSON is told by its first byte.
        text.trim_ascii_start()
            .starts_with(b"{")
            .then(|| serde_json::from_slice(text).ok())?
            .map(Line)
    }

    /// How bad it is, if it says so.
    pub(crate) fn level(&self) -> Option<Level> {
        self.first(&LEVEL)?.1.as_str()?.parse().ok()
    }

    /// A field as text, by its name; with dots for those inside of objects.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        if let Some(value) = self.0.get(name) {
            return Some(text(value));
        }
        let (first, rest) = name.split_once('.')?;
        let inner = rest
            .split('.')
            .try_fold(self.0.get(first)?, |value, key| value.get(key))?;
        Some(text(inner))
    }

    fn first(&self, names: &[&'static str]) -> Option<(&'static str, &Value)> {
        names
            .iter()
            .find_map(|name| Some((*name, self.0.get(*name)?)))
    }

    /// Adds it as people read it: time, level, message, then the other fields by name.
    pub(crate) fn write(&self, out: &mut String, color: bool) {
        let paint = |code: &'static str| if color { code } else { "" };
        let (time, level, message) = (self.first(&TIME), self.first(&LEVEL), self.first(&MESSAGE));
        if let Some((_, time)) = time {
            let _ = write!(out, "{}{}{} ", paint(DIM), clock(&text(time)), paint(PLAIN));
        }
        if let Some((_, shown)) = level {
            let known = self.level();
            let name =
                known.map_or_else(|| printable(&text(shown)), |level| level.name().to_owned());
            let _ = write!(
                out,
                "{}{name:<5}{} ",
                paint(known.map_or("", Level::color)),
                paint(PLAIN)
            );
        }
        let request = self.request();
        let message = message.map(|(_, message)| printable(&text(message)));
        if let Some(words) = request.as_ref().or(message.as_ref()) {
            let _ = write!(out, "{}{words}{}", paint(BOLD), paint(PLAIN));
        }
        let said = |name: &str| {
            [time, level, self.first(&MESSAGE)]
                .iter()
                .flatten()
                .any(|(said, _)| *said == name)
                || (request.is_some() && OF_REQUEST.contains(&name))
        };
        let others = self
            .0
            .iter()
            .filter(|(name, value)| !said(name) && !value.is_null() && *name != "target");
        for (name, value) in others {
            let _ = write!(
                out,
                "  {}{}={}{}",
                paint(DIM),
                printable(name),
                paint(PLAIN),
                quoted(&text(value))
            );
        }
        if let Some(target) = self.0.get("target") {
            let _ = write!(
                out,
                "  {}[{}]{}",
                paint(DIM),
                printable(&text(target)),
                paint(PLAIN)
            );
        }
        out.push('\n');
    }

    /// A request in a few words: `POST /v1/orders 201 in 3.2 ms`.
    fn request(&self) -> Option<String> {
        let method = self.0.get("method")?.as_str()?;
        let path = self.0.get("path")?.as_str()?;
        let took = self.0.get("took_us")?.as_u64()?;
        let status = match self.0.get("status") {
            Some(Value::Number(status)) => status.to_string(),
            _ => "gave up".into(),
        };
        Some(printable(&format!(
            "{method} {path} {status} in {}",
            duration(took)
        )))
    }
}

fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.2} s", us as f64 / 1e6),
    }
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// The time of day to the millisecond of `2026-01-31T12:00:00.123456Z`; any other text as it is.
fn clock(text: &str) -> String {
    let time = text
        .split_once('T')
        .map(|(_, time)| time.trim_end_matches('Z'));
    match time {
        Some(time)
            if time.len() >= 8
                && time
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')) =>
        {
            let (seconds, part) = time.split_once('.').unwrap_or((time, ""));
            format!("{seconds}.{part:0<3.3}")
        }
        _ => printable(text),
    }
}

/// Without what would do something to a terminal.
fn printable(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let shown = text.chars().flat_map(|c| {
        if c.is_control() {
            c.escape_default().collect()
        } else {
            vec![c]
        }
    });
    shown.collect()
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
    if plain {
        text.to_owned()
    } else {
        format!("\"{}\"", printable(text).replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = String::new();
        Line::parse(text.as_bytes())
            .expect("a line")
            .write(&mut out, false);
        out
    }

    #[test]
    fn lines_are_shown_by_their_form() {
        for (line, expected) in [
            (
                r#"{"timestamp":"2026-01-31T12:00:00.123456Z","level":"INFO","message":"request","request_id":"a-1","trace_id":"4bf9","method":"POST","route":"/v1/orders","path":"/v1/orders","status":201,"took_us":3210,"code":null,"target":"web::log"}"#,
                "12:00:00.123 INFO  POST /v1/orders 201 in 3.2 ms  request_id=a-1  trace_id=4bf9  [web::log]\n",
            ),
            (
                r#"{"level":"ERROR","message":"request","method":"GET","path":"/x","status":null,"took_us":7,"cause":"it \"broke\"\n"}"#,
                "ERROR GET /x gave up in 7 µs  cause=\"it \\\"broke\\\"\\n\"\n",
            ),
            (
                r#"{"ts":17,"lvl":"odd","msg":"a\u001b[2Jb","x":{"y":[1]},"empty":""}"#,
                "17 odd   a\\u{1b}[2Jb  empty=\"\"  x={\"y\":[1]}\n",
            ),
            ("{}", "\n"),
        ] {
            // Quotes make a value a quoted one.
            let expected = expected.replace("{\"y\":[1]}", "\"{\\\"y\\\":[1]}\"");
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn what_is_no_object_is_no_line() {
        for text in ["", "plain", "[1]", "{", "{\"a\":1} and more", "\u{feff}{}"] {
            assert!(Line::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn fields_are_found_inside_of_others() {
        let line =
            Line::parse(br#"{"a.b":1,"c":{"d":{"e":"x"}},"level":"warning"}"#).expect("a line");
        assert_eq!(line.field("a.b").as_deref(), Some("1"));
        assert_eq!(line.field("c.d.e").as_deref(), Some("x"));
        assert_eq!(line.field("c.x"), None);
        assert_eq!(line.level(), Some(Level::Warn));
        assert!(Level::Error > Level::Warn);
    }
}
