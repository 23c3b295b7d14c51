#![doc = include_str!("../README.md")]

mod context;
mod sampler;
mod span;
mod text;

pub use context::{Context, SpanId, TraceId};
pub use sampler::Sampler;
pub use span::{Kind, Open, Sink, Span, Tracer, Value, Within, current, open, part};
pub use text::Short;
