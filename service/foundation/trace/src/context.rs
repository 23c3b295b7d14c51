//! Which trace work belongs to: W3C Trace Context, level 1 (<https://www.w3.org/TR/trace-context/>).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Serialize, Serializer};

use crate::Sampler;
use crate::text::Short;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The bit of the flags that says that the caller records this trace.
const SAMPLED: u8 = 1;

/// The trace that some work belongs to, and the part of it that is this work: its span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    trace: TraceId,
    parent: Option<SpanId>,
    span: SpanId,
    flags: u8,
    state: Option<HeaderValue>,
}

impl Context {
    /// Of no trace: ids that are zero, which others take for none.
    pub const NONE: Context = Context {
        trace: TraceId(0),
        parent: None,
        span: SpanId(0),
        flags: 0,
        state: None,
    };

    /// The trace's id.
    pub fn trace_id(&self) -> TraceId {
        self.trace
    }

    /// The id of this span.
    pub fn span_id(&self) -> SpanId {
        self.span
    }

    /// The id of the span that this one is part of, if it is part of one.
    pub fn parent_id(&self) -> Option<SpanId> {
        self.parent
    }

    /// Whether the trace is recorded.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The caller's `tracestate`, which is handed on as it came.
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref()?.to_str().ok()
    }

    /// `traceparent` of what is done on behalf of this span, to be sent or kept.
    pub fn parent_header(&self) -> String {
        format!("00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }

    /// Writes `traceparent`, and `tracestate` if there is one, into the header of a request that is made on behalf of this
    /// span.
    pub fn inject(&self, headers: &mut HeaderMap) {
        let parent = HeaderValue::try_from(self.parent_header()).expect("digits and dashes");
        headers.insert(TRACEPARENT, parent);
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }

    /// A part of this span's work.
    pub(crate) fn child(&self, span: SpanId) -> Context {
        Context {
            parent: Some(self.span),
            span,
            ..self.clone()
        }
    }
}

/// Shown as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// Its sixteen bytes.
    pub fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The part that is random in every trace, by which it is decided whether one is recorded.
    pub(crate) fn low(self) -> u64 {
        self.0 as u64
    }

    /// As it is shown.
    pub fn text(self) -> Short<32> {
        let mut text = Short::EMPTY;
        text.push_hex((self.0 >> 64) as u64, 16);
        text.push_hex(self.0 as u64, 16);
        text
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(u64);

impl SpanId {
    /// Its eight bytes.
    pub fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// As it is shown.
    pub fn text(self) -> Short<16> {
        let mut text = Short::EMPTY;
        text.push_hex(self.0, 16);
        text
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

/// Where new traces and spans come from.
#[derive(Debug)]
pub(crate) struct Traces {
    seed: u64,
    next: AtomicU64,
}

impl Traces {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            next: AtomicU64::new(1),
        }
    }

    /// A span in the caller's trace if it sends a valid one, otherwise in a new one, of which `sampler` decides whether it is
    /// recorded.
    pub(crate) fn of(&self, headers: &HeaderMap, sampler: Sampler) -> Context {
        let random = self.random();
        let span = SpanId(random(0).max(1));
        if let Some((trace, parent, flags)) = parent(headers) {
            return Context {
                trace: TraceId(trace),
                parent: Some(SpanId(parent)),
                span,
                flags,
                state: state(headers),
            };
        }
        let trace = (u128::from(random(1)) << 64 | u128::from(random(2))).max(1);
        let trace = TraceId(trace);
        Context {
            trace,
            span,
            flags: if sampler.takes(trace) { SAMPLED } else { 0 },
            ..Context::NONE
        }
    }

    pub(crate) fn span(&self) -> SpanId {
        SpanId(self.random()(0).max(1))
    }

    /// Numbers that nobody has had before, one for each stream up to 3.
    fn random(&self) -> impl Fn(u64) -> u64 {
        let count = self.next.fetch_add(1, Ordering::Relaxed).wrapping_mul(4);
        let seed = self.seed;
        move |stream| mix(seed ^ mix(count.wrapping_add(stream)))
    }
}

/// The finalizer of SplitMix64: neighbours in, nothing alike out.
fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The one valid `traceparent`: trace, parent and flags. Of two the standard makes none.
fn parent(headers: &HeaderMap) -> Option<(u128, u64, u8)> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    parse(value.to_str().ok()?)
}

fn parse(text: &str) -> Option<(u128, u64, u8)> {
    let (known, rest) = text.split_at_checked(55)?;
    let mut parts = known.split('-');
    let [version, trace, parent, flags] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let plain = |part: &str, digits: usize| {
        part.len() == digits
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_plain = plain(version, 2) && plain(trace, 32) && plain(parent, 16) && plain(flags, 2);
    // Later versions may add parts after those that are known.
    let is_whole = match version {
        "00" => rest.is_empty(),
        "ff" => false,
        _ => rest.is_empty() || rest.starts_with('-'),
    };
    if !is_plain || !is_whole {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok()?;
    let parent = u64::from_str_radix(parent, 16).ok()?;
    let flags = u8::from_str_radix(flags, 16).ok()? & SAMPLED;
    (trace != 0 && parent != 0).then_some((trace, parent, flags))
}

/// The caller's `tracestate`, which is handed on as it is. Longer than the standard's 512 characters it is left out.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(TRACESTATE).iter();
    let first = values.next()?;
    let state = values.try_fold(first.as_bytes().to_vec(), |mut state, more| {
        state.push(b',');
        state.extend_from_slice(more.as_bytes());
        (state.len() <= 512).then_some(state)
    })?;
    (state.len() <= 512).then(|| HeaderValue::from_bytes(&state).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value.parse().expect("a valid value"));
        }
        headers
    }

    #[test]
    fn a_callers_trace_is_continued_with_a_part_of_our_own() {
        let traces = Traces::new(7);
        let sent = headers(&[
            (TRACEPARENT, VALID),
            (TRACESTATE, "a=1"),
            (TRACESTATE, "b=2"),
        ]);
        let context = traces.of(&sent, Sampler::NONE);
        let shown = context.trace_id().to_string();
        assert_eq!(shown, "4bf92f3577b34da6a3ce929d0e0e4736");
        let parent = context.parent_id().expect("it was sent").to_string();
        assert_eq!(parent, "00f067aa0ba902b7");
        assert!(context.is_sampled());

        let mut handed_on = HeaderMap::new();
        context.inject(&mut handed_on);
        let expected = format!("00-{shown}-{}-01", context.span_id());
        assert_eq!(handed_on[TRACEPARENT], *expected);
        assert_eq!(handed_on[TRACESTATE], "a=1,b=2");
        assert_ne!(context.span_id(), traces.of(&sent, Sampler::NONE).span_id());
    }

    #[test]
    fn what_the_standard_calls_invalid_begins_a_new_trace() {
        let traces = Traces::new(7);
        let zeros = "0".repeat(32);
        for (sent, valid) in [
            (VALID.to_owned(), true),
            (VALID.replace("00-4", "cc-4"), true),
            (
                format!("{}-what-comes", VALID.replace("00-4", "cc-4")),
                true,
            ),
            (
                format!("{}.what-comes", VALID.replace("00-4", "cc-4")),
                false,
            ),
            (VALID.replace("00-4", "ff-4"), false),
            (format!("{VALID}-more"), false),
            (VALID.to_uppercase(), false),
            (VALID.replace('-', "_"), false),
            (VALID[..54].to_owned(), false),
            (
                VALID.replace("4bf92f3577b34da6a3ce929d0e0e4736", &zeros),
                false,
            ),
            (VALID.replace("00f067aa0ba902b7", &zeros[..16]), false),
            (String::new(), false),
        ] {
            let context = traces.of(
                &headers(&[(TRACEPARENT, &sent), (TRACESTATE, "a=1")]),
                Sampler::ALL,
            );
            assert_eq!(context.parent_id().is_some(), valid, "{sent}");
            assert_eq!(context.state.is_some(), valid, "{sent}");
            assert_ne!(context.trace_id(), TraceId(0));
        }
        let twice = traces.of(
            &headers(&[(TRACEPARENT, VALID), (TRACEPARENT, VALID)]),
            Sampler::NONE,
        );
        assert_eq!(twice.parent_id(), None);
    }

    #[test]
    fn a_state_that_is_too_long_is_left_out() {
        let long = "x".repeat(300);
        let sent = [(TRACEPARENT, VALID), (TRACESTATE, &*long)];
        assert!(state(&headers(&sent)).is_some());
        let sent = [(TRACESTATE, &*long), (TRACESTATE, &*long)];
        assert_eq!(state(&headers(&sent)), None);
    }
}
