//! Lines for programs: one JSON object each.
//!
//! Written by hand into one buffer that is used again and again, and past [`tracing_subscriber::fmt`], which writes into one
//! of its own first: a small request is charged for every copy, and a tenth of its time for a map of the fields.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write as _};
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;

/// `timestamp` (RFC 3339, UTC), `level`, the event's own fields with `message` among them, `target`. Spans are not shown:
/// what belongs to a request is in its line. Each line is one write.
#[derive(Clone, Copy, Debug)]
pub struct Json<W>(
    /// What lines are written to.
    pub W,
);

impl<S, W> Layer<S> for Json<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let written = BUFFER.try_with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut buffer) => self.write(event, &mut buffer),
            // A value that logs while it is written.
            Err(_) => self.write(event, &mut Buffer::default()),
        });
        if written.is_err() {
            // The thread is ending.
            self.write(event, &mut Buffer::default());
        }
    }
}

impl<W: for<'w> MakeWriter<'w>> Json<W> {
    fn write(&self, event: &Event<'_>, Buffer { line, clock }: &mut Buffer) {
        line.clear();
        line.push_str("{\"timestamp\":\"");
        clock.write(SystemTime::now(), line);
        line.push_str("\",\"level\":\"");
        let metadata = event.metadata();
        line.push_str(metadata.level().as_str());
        line.push('"');
        event.record(&mut Fields(line));
        line.push_str(",\"target\":\"");
        Escaped(line).push(metadata.target());
        line.push_str("\"}\n");
        // There is nowhere to report that the log cannot be written.
        let _lost = self.0.make_writer_for(metadata).write_all(line.as_bytes());
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

    fn plain(&mut self, field: &Field, value: &str) {
        self.name(field);
        self.0.push_str(value);
    }

    fn name(&mut self, field: &Field) {
        self.0.push_str(",\"");
        self.0.push_str(field.name());
        self.0.push_str("\":");
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |text| {
            text.push(value);
            Ok(())
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, itoa::Buffer::new().format(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, itoa::Buffer::new().format(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, if value { "true" } else { "false" });
    }

    /// JSON knows no infinities.
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, &value.to_string());
        } else {
            self.plain(field, "null");
        }
    }
}

/// Text inside a JSON string (RFC 8259, section 7).
struct Escaped<'a>(&'a mut String);

impl Escaped<'_> {
    fn push(&mut self, text: &str) {
        let mut rest = text;
        while !is_plain(rest.as_bytes())
            && let Some(at) = rest.bytes().position(is_special)
        {
            self.0.push_str(&rest[..at]);
            match rest.as_bytes()[at] {
                b'\n' => self.0.push_str("\\n"),
                byte @ (b'"' | b'\\') => self.0.extend(['\\', char::from(byte)]),
                byte => {
                    // A String takes everything.
                    let _never = write!(self.0, "\\u{byte:04x}");
                }
            }
            rest = &rest[at + 1..];
        }
        self.0.push_str(rest);
    }
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
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
        let subscriber = tracing_subscriber::registry().with(Json(lines.clone()));
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

    #[test]
    fn what_is_logged_while_a_line_is_written_gets_a_line_too() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(Json(lines.clone()));
        tracing::subscriber::with_default(subscriber, || {
            BUFFER.with_borrow_mut(|_in_use| tracing::info!("within"));
        });
        let text = lines.0.lock().expect("no panics").clone();
        let line: Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(line["message"], "within");
    }
}
