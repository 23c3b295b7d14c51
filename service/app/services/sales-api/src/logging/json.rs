//! Lines for programs: one JSON object each.
//!
//! Written by hand into the line's buffer. A formatter that makes a map of the fields first costs a small request a tenth of
//! its time.

use std::fmt::{self, Debug, Write};
use std::time::SystemTime;

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
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now = humantime::format_rfc3339_micros(SystemTime::now());
        let metadata = event.metadata();
        let level = metadata.level().as_str();
        write!(line, "{{\"timestamp\":\"{now}\",\"level\":\"{level}\"")?;
        let mut fields = Fields {
            line: &mut line,
            result: Ok(()),
        };
        event.record(&mut fields);
        fields.result?;
        line.write_str(",\"target\":\"")?;
        Escaped(&mut line).write_str(metadata.target())?;
        line.write_str("\"}\n")
    }
}

/// Writes a field after what is there.
struct Fields<'a, 'line> {
    line: &'a mut Writer<'line>,
    result: fmt::Result,
}

impl Fields<'_, '_> {
    fn name(&mut self, field: &Field) -> fmt::Result {
        self.line.write_str(",\"")?;
        Escaped(self.line).write_str(field.name())?;
        self.line.write_str("\":")
    }

    fn text(&mut self, field: &Field, write: impl FnOnce(&mut Escaped<'_, '_>) -> fmt::Result) {
        self.result = self.result.and_then(|()| {
            self.name(field)?;
            self.line.write_char('"')?;
            write(&mut Escaped(self.line))?;
            self.line.write_char('"')
        });
    }

    fn plain(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.result = self.result.and_then(|()| {
            self.name(field)?;
            self.line.write_fmt(value)
        });
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |text| text.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, format_args!("{value}"));
    }

    /// JSON knows no infinities.
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, format_args!("{value}"));
        } else {
            self.plain(field, format_args!("null"));
        }
    }
}

/// Text inside a JSON string (RFC 8259, section 7).
struct Escaped<'a, 'line>(&'a mut Writer<'line>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        while let Some(at) = rest.bytes().position(special) {
            self.0.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                b'\n' => self.0.write_str("\\n")?,
                byte @ (b'"' | b'\\') => write!(self.0, "\\{}", char::from(byte))?,
                byte => write!(self.0, "\\u{byte:04x}")?,
            }
            rest = &rest[at + 1..];
        }
        self.0.write_str(rest)
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
        let expected = json!({
            "timestamp": null, "level": "INFO", "message": format!("said {odd}"), "text": odd, "shown": odd,
            "listed": "[1, 2]", "count": 7, "debt": -7, "share": 0.5, "endless": null, "done": true,
            "target": "sales_api::logging::json::tests",
        });
        assert_eq!(line, expected);
    }
}
