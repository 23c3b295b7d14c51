//! Events on their way to the thread that writes them: their values one after the other, each with the number of its field.
//!
//! To make a line of them costs several times as much as to pass them on, and would be done while a client waits.

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::Lines;

/// Passes events on. Spans are left out: what belongs to a request is in its line.
#[derive(Clone, Debug)]
pub struct Events(
    /// The queue.
    pub Lines,
);

thread_local! {
    /// Used again for each event of a thread.
    static VALUES: RefCell<Values> = RefCell::default();
}

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let at = SystemTime::now();
        let pass = |values: &mut Values| {
            values.0.clear();
            event.record(values);
            self.0.push(Some((at, event.metadata())), &values.0);
        };
        let passed = VALUES.try_with(|values| match values.try_borrow_mut() {
            Ok(mut values) => pass(&mut values),
            // A value that logs while it is read.
            Err(_) => pass(&mut Values::default()),
        });
        if passed.is_err() {
            // The thread is ending.
            pass(&mut Values::default());
        }
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
}

const TEXT: u8 = 0;
const UNSIGNED: u8 = 1;
const SIGNED: u8 = 2;
const FLOAT: u8 = 3;
const BOOL: u8 = 4;

/// Values as bytes: the kind and the number of the field in one, then four bytes with the length of a text, which follows, or
/// the bytes of a number. Few, because they wait for long enough to drive other things out of the processor's caches.
#[derive(Default)]
struct Values(Vec<u8>);

impl Values {
    fn push<const N: usize>(&mut self, field: &Field, kind: u8, bytes: [u8; N]) {
        // An event has 32 fields at most.
        self.0.push(kind << 5 | field.index() as u8);
        self.0.extend_from_slice(&bytes);
    }
}

impl Visit for Values {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Longer texts than that do not fit into the queue.
        let value = &value.as_bytes()[..value.len().min(u32::MAX as usize)];
        self.push(field, TEXT, (value.len() as u32).to_le_bytes());
        self.0.extend_from_slice(value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A value whose form fails is cut there.
        let _cut = write!(text, "{value:?}");
        self.record_str(field, &text);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, UNSIGNED, value.to_le_bytes());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, SIGNED, value.to_le_bytes());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, FLOAT, value.to_le_bytes());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, BOOL, [u8::from(value)]);
    }
}

/// The values that [`Events`] passed on, with the numbers of their fields.
pub(super) struct Read<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Read<'a> {
    type Item = (usize, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (&head, rest) = self.0.split_first()?;
        let (value, rest) = match head >> 5 {
            TEXT => {
                let (&len, rest) = rest.split_first_chunk()?;
                let (text, rest) = rest.split_at_checked(u32::from_le_bytes(len) as usize)?;
                (Value::Text(str::from_utf8(text).unwrap_or_default()), rest)
            }
            BOOL => {
                let (&is, rest) = rest.split_first()?;
                (Value::Bool(is != 0), rest)
            }
            number => {
                let (&bytes, rest) = rest.split_first_chunk()?;
                let value = match number {
                    UNSIGNED => Value::Unsigned(u64::from_le_bytes(bytes)),
                    SIGNED => Value::Signed(i64::from_le_bytes(bytes)),
                    _ => Value::Float(f64::from_le_bytes(bytes)),
                };
                (value, rest)
            }
        };
        self.0 = rest;
        Some(((head & 31).into(), value))
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn what_is_logged_while_an_event_is_read_is_passed_on_too() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(Events(lines.clone()));
        tracing::subscriber::with_default(subscriber, || {
            VALUES.with_borrow_mut(|_in_use| tracing::info!(message = "within"));
        });
        let waiting = lines.lock();
        let values: Vec<_> = Read(&waiting.batch.bytes).collect();
        assert_eq!(values, [(0, Value::Text("within"))]);
    }

    #[test]
    fn values_that_are_cut_off_end_there() {
        let mut values = Values::default();
        values.0.extend([UNSIGNED << 5 | 3, 7, 0, 0, 0, 0, 0, 0, 0]);
        values.0.extend([TEXT << 5 | 4, 9, 0, 0, 0, b'x']);
        let read: Vec<_> = Read(&values.0).collect();
        assert_eq!(read, [(3, Value::Unsigned(7))]);
    }
}
