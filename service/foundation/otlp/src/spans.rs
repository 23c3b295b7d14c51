//! Spans as `ExportTraceServiceRequest`.

use trace::{Kind, Span, Value};

use crate::Resource;
use crate::resource::{attribute, nanos, scope};
use crate::wire::Message;

/// The message that `/v1/traces` takes.
pub fn encode(spans: &[Span], resource: &Resource) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |of_resource| {
        of_resource.message(1, |message| resource.write(message));
        of_resource.message(2, |of_scope| {
            scope(of_scope);
            for span in spans {
                of_scope.message(2, |message| write(message, span));
            }
        });
    });
    request.into_bytes()
}

fn write(message: &mut Message, span: &Span) {
    let context = &span.context;
    message.bytes(1, &context.trace_id().bytes());
    message.bytes(2, &context.span_id().bytes());
    message.text(3, context.state().unwrap_or_default());
    if let Some(parent) = context.parent_id() {
        message.bytes(4, &parent.bytes());
    }
    message.text(5, &span.name);
    message.number(6, kind(span.kind));
    message.fixed64(7, nanos(span.start));
    message.fixed64(8, nanos(span.end));
    for (key, value) in &span.attributes {
        attribute(message, 9, key, |any| match value {
            Value::Text(text) => any.text(1, text),
            Value::Bool(is) => any.always_number(2, u64::from(*is)),
            Value::Int(number) => any.always_number(3, *number as u64),
        });
    }
    if let Some(error) = &span.error {
        message.message(15, |status| {
            status.text(2, error);
            status.number(3, ERROR);
        });
    }
    message.fixed32(16, u32::from(context.is_sampled()));
}

/// The status of what failed.
const ERROR: u64 = 2;

fn kind(kind: Kind) -> u64 {
    match kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Client => 3,
        Kind::Producer => 4,
        Kind::Consumer => 5,
    }
}
