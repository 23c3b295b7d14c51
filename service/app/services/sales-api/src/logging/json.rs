//! Lines for programs: one JSON object each.
//!
//! Written by hand into one buffer that is used again and again: a formatter that makes a map of the fields first, and
//! formats the date anew, costs a small request a tenth of its time.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// `timestamp` (RFC 3339, UTC), `level`, the event's own fields with `message` among them, `target`. Spans are not shown:
/// what belongs to a request is in its line.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        BUFFER.with_borrow_mut(|Buffer { line, clock }| {
            line.clear();
            line.push_str("{\"timestamp\":\"");
            clock.write(SystemTime::now(), line)?;
            line.push_str("\",\"level\":\"");
            let metadata = event.metadata();
            line.push_str(metadata.level().as_str());
            line.push('"');
            event.record(&mut Fields(line));
            line.push_str(",\"target\":\"");
            Escaped(line).write_str(metadata.target())?;
            line.push_str("\"}\n");
            writer.write_str(line)
        })
    }
}

/// What a thread needs again for its next line.
#[derive(Default)]
struct Buffer {
    line: String,
    clock: Clock,
}

thread_local! {
    static BUFFER: RefCell<Buffer> = RefCell::default();
}

/// Knows how the present second is written.
#[derive(Default)]
struct Clock {
    second: Duration,
    text: String,
}

impl Clock {
    /// As `2026-01-31T12:00:00.123456Z`.
    fn write(&mut self, at: SystemTime, line: &mut String) -> fmt::Result {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = Duration::from_secs(since.as_secs());
        if self.second != second || self.text.is_empty() {
            self.second = second;
            self.text.clear();
            let whole = humantime::format_rfc3339_seconds(UNIX_EPOCH + second);
            write!(self.text, "{whole}")?;
            // The `Z`, which comes after the part of the second.
            self.text.pop();
        }
        line.push_str(&self.text);
        write!(line, ".{:06}Z", since.subsec_micros())
    }
}

/// Writes fields after what is there. Their names are names of the program's own and need no escaping.
struct Fields<'a>(&'a mut String);

impl Fields<'_> {
    fn text(&mut self, field: &Field, write: impl FnOnce(&mut Escaped<'_>) -> fmt::Result) {
        self.name(field);
        self.0.push('"');
        // A value whose form fails is cut there.
        let _cut = write(&mut Escaped(self.0));
        self.0.push('"');
    }

    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.name(field);
        // A number's form does not fail.
        let _never = write!(self.0, "{value}");
    }

    fn name(&mut self, field: &Field) {
        self.0.push_str(",\"");
        self.0.push_str(field.name());
        self.0.push_str("\":");
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |text| text.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    /// JSON knows no infinities.
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, value);
        } else {
            self.plain(field, "null");
        }
    }
}

/// Text inside a JSON string (RFC 8259, section 7).
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        // Looks at many bytes at once, where a search would look at one after the other.
        let any = |text: &str| text.bytes().fold(false, |any, byte| any | special(byte));
        let mut rest = text;
        while any(rest)
            && let Some(at) = rest.bytes().position(special)
        {
            self.0.push_str(&rest[..at]);
            match rest.as_bytes()[at] {
                b'\n' => self.0.push_str("\\n"),
                byte @ (b'"' | b'\\') => self.0.extend(['\\', char::from(byte)]),
                byte => write!(self.0, "\\u{byte:04x}")?,
            }
            rest = &rest[at + 1..];
        }
        self.0.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panics").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Lines;

        fn make_writer(&'a self) -> Lines {
            self.clone()
        }
    }

    #[test]
    fn a_line_is_an_object_whatever_is_in_it() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .event_format(Json)
            .with_writer(lines.clone())
            .finish();
        let odd = "a \"quote\", a \\, a\nline, \u{1} and ü";
        tracing::subscriber::with_default(subscriber, || {
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
        let text = String::from_utf8(lines.0.lock().expect("no panics").clone());
        let text = text.expect("UTF-8");
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
            clock.write(at, &mut line).expect("it has a form");
            line.push(' ');
        }
        let expected = "1970-01-01T00:00:00.000000Z 1970-01-01T00:00:00.999999Z 1970-01-01T00:00:01.000000Z \
            2023-11-14T22:13:20.000042Z ";
        assert_eq!(line, expected);
    }
}
