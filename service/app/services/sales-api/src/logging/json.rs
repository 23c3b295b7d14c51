//! Lines for programs: one JSON object each.
//!
//! Written by hand: a formatter that makes a map of the fields first, and formats the date anew, takes several times as long.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::Metadata;

use super::event::{Read, Value};

/// `timestamp` (RFC 3339, UTC), `level`, the event's own fields with `message` among them, `target`.
#[derive(Debug, Default)]
pub(super) struct Json {
    clock: Clock,
}

impl Json {
    /// Adds the line of an event whose values were passed on as these bytes.
    pub(super) fn line(
        &mut self,
        at: SystemTime,
        metadata: &Metadata<'_>,
        values: &[u8],
        line: &mut String,
    ) {
        line.push_str("{\"timestamp\":\"");
        self.clock.write(at, line);
        line.push_str("\",\"level\":\"");
        line.push_str(metadata.level().as_str());
        line.push('"');
        for (number, value) in Read(values) {
            let Some(field) = metadata.fields().iter().nth(number) else {
                break;
            };
            // The names are the program's own and need no escaping.
            line.push_str(",\"");
            line.push_str(field.name());
            line.push_str("\":");
            write_value(value, line);
        }
        line.push_str(",\"target\":\"");
        escape(metadata.target(), line);
        line.push_str("\"}\n");
    }
}

fn write_value(value: Value<'_>, line: &mut String) {
    match value {
        Value::Text(text) => {
            line.push('"');
            escape(text, line);
            line.push('"');
        }
        Value::Unsigned(number) => line.push_str(itoa::Buffer::new().format(number)),
        Value::Signed(number) => line.push_str(itoa::Buffer::new().format(number)),
        Value::Bool(is) => line.push_str(if is { "true" } else { "false" }),
        // JSON knows no infinities.
        Value::Float(number) if !number.is_finite() => line.push_str("null"),
        Value::Float(number) => {
            // A String takes everything.
            let _never = write!(line, "{number}");
        }
    }
}

/// Knows how the present second is written.
#[derive(Debug, Default)]
struct Clock {
    second: Duration,
    text: String,
}

impl Clock {
    /// As `2026-01-31T12:00:00.123456Z`.
    fn write(&mut self, at: SystemTime, line: &mut String) {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = Duration::from_secs(since.as_secs());
        if self.second != second || self.text.is_empty() {
            self.second = second;
            self.text = humantime::format_rfc3339_seconds(UNIX_EPOCH + second).to_string();
            // The `Z`, which comes after the part of the second.
            self.text.pop();
        }
        line.push_str(&self.text);
        // With a leading one, so that zeros in front are kept.
        let micros = 1_000_000 + since.subsec_micros();
        line.push('.');
        line.push_str(&itoa::Buffer::new().format(micros)[1..]);
        line.push('Z');
    }
}

/// Adds text inside a JSON string (RFC 8259, section 7).
fn escape(text: &str, line: &mut String) {
    let mut rest = text;
    while !is_plain(rest.as_bytes())
        && let Some(at) = rest.bytes().position(is_special)
    {
        line.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'\n' => line.push_str("\\n"),
            byte @ (b'"' | b'\\') => line.extend(['\\', char::from(byte)]),
            byte => {
                // A String takes everything.
                let _never = write!(line, "\\u{byte:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    line.push_str(rest);
}

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Whether no byte is special. Looks at eight at once: most texts are of a few bytes, where wider registers find nothing to do.
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    // The high bit of each byte that is smaller than that; right for limits up to 128.
    let less = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH;
    let special = |eight: [u8; 8]| {
        let word = u64::from_le_bytes(eight);
        let equal = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
        less(word, b' ') | equal(b'"') | equal(b'\\')
    };
    let (eights, rest) = text.as_chunks();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    let any = eights.iter().fold(0, |any, &eight| any | special(eight));
    any | special(last) == 0
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::logging::{Log, event::Events};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panics").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of what is logged meanwhile.
    fn written(work: impl FnOnce()) -> String {
        let out = Written::default();
        let log = Log::start(out.clone()).expect("a thread");
        let subscriber = tracing_subscriber::registry().with(Events(log.lines.clone()));
        tracing::subscriber::with_default(subscriber, work);
        drop(log);
        let bytes = out.0.lock().expect("no panics").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn a_line_is_an_object_whatever_is_in_it() {
        let odd = "a \"quote\", a \\, a\nline, \u{1} and ü";
        let text = written(|| {
            tracing::info!(
                text = odd,
                shown = %odd,
                listed = ?[1, 2],
                count = 7_u64,
                debt = -7_i64,
                share = 0.5,
                endless = f64::INFINITY,
                done = true,
                nothing = None::<u64>,
                "said {odd}"
            );
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        let mut line: Value = serde_json::from_str(&text).expect("JSON");
        let time = line["timestamp"].take();
        let time = time.as_str().expect("a text");
        humantime::parse_rfc3339(time).expect("a time");
        assert_eq!(time.len(), "2026-01-31T12:00:00.123456Z".len());
        let expected = json!({
            "timestamp": null, "level": "INFO", "message": format!("said {odd}"), "text": odd, "shown": odd,
            "listed": "[1, 2]", "count": 7, "debt": -7, "share": 0.5, "endless": null, "done": true,
            "target": "sales_api::logging::json::tests",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn each_second_is_written_anew() {
        let (mut clock, mut line) = (Clock::default(), String::new());
        for micros in [0, 999_999, 1_000_000, 1_700_000_000_000_042] {
            let at = UNIX_EPOCH + Duration::from_micros(micros);
            clock.write(at, &mut line);
            line.push(' ');
        }
        let expected = "1970-01-01T00:00:00.000000Z 1970-01-01T00:00:00.999999Z 1970-01-01T00:00:01.000000Z \
            2023-11-14T22:13:20.000042Z ";
        assert_eq!(line, expected);
    }

    #[test]
    fn every_special_byte_is_found_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for at in 0..20 {
                let mut text = [b'~'; 20];
                text[at] = byte;
                assert_eq!(is_plain(&text), !is_special(byte), "{byte} at {at}");
                assert_eq!(is_plain(&text[at..]), !is_special(byte), "{byte} first");
            }
        }
    }
}
