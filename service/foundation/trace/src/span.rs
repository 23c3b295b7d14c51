//! Work that is timed, as part of the work around it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};
use std::time::{Instant, SystemTime};

use http::HeaderMap;
use pin_project_lite::pin_project;

use crate::context::Traces;
use crate::{Context, Sampler};

/// What a span is to those at its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Work within this service.
    Internal,
    /// A request that is answered here.
    Server,
    /// A request that is made from here.
    Client,
    /// A message that is sent from here.
    Producer,
    /// A message that is taken here.
    Consumer,
}

/// A detail.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Value::Bool(is)
    }
}

/// Work that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What was done, out of few: `GET /v1/orders/{id}`, never one with ids in it.
    pub name: Cow<'static, str>,
    /// What it is to those at its other end.
    pub kind: Kind,
    /// Where it belongs.
    pub context: Context,
    /// When it began.
    pub start: SystemTime,
    /// When it ended.
    pub end: SystemTime,
    /// What else is known.
    pub attributes: Vec<(&'static str, Value)>,
    /// Why it failed, if it did.
    pub error: Option<Cow<'static, str>>,
}

/// Takes spans, and must do so at once: whoever made them waits.
pub trait Sink: Send + Sync {
    /// Takes one that has ended.
    fn take(&self, span: Span);
}

/// Begins traces, and knows who wants their spans. Clones are the same.
#[derive(Clone)]
pub struct Tracer {
    traces: Arc<Traces>,
    sampler: Sampler,
    sink: Option<Arc<dyn Sink>>,
}

impl Tracer {
    /// One that hands on the ids of traces and records nothing. `seed` tells its ids from those of others.
    pub fn off(seed: u64) -> Tracer {
        Tracer {
            traces: Arc::new(Traces::new(seed)),
            sampler: Sampler::NONE,
            sink: None,
        }
    }

    /// One that records what `sampler` takes of new traces, and all of those that callers record.
    pub fn new(seed: u64, sampler: Sampler, sink: Arc<dyn Sink>) -> Tracer {
        Tracer {
            sampler,
            sink: Some(sink),
            ..Tracer::off(seed)
        }
    }

    /// Where a request belongs that came with this header: a span of the caller's trace if it sends a valid one, otherwise
    /// of a new one.
    pub fn context(&self, headers: &HeaderMap) -> Context {
        self.traces.of(headers, self.sampler)
    }

    /// Whether spans of this context are wanted.
    pub fn records(&self, context: &Context) -> bool {
        self.sink.is_some() && context.is_sampled()
    }

    /// Hands over a span that was timed by the caller, if its context is recorded.
    pub fn record(&self, span: Span) {
        if let Some(sink) = &self.sink
            && span.context.is_sampled()
        {
            sink.take(span);
        }
    }

    /// Does `work` within this span: what [`open`] begins in it becomes part of the span.
    pub fn within<F>(&self, context: &Context, work: F) -> Within<F> {
        let active = self.records(context).then(|| Active {
            context: context.clone(),
            tracer: self.clone(),
        });
        Within { active, work }
    }

    /// Begins work that nothing here is the cause of: on behalf of the `traceparent` (and `tracestate`) that came in or was
    /// kept, or of nobody.
    pub fn open(
        &self,
        headers: &HeaderMap,
        name: impl Into<Cow<'static, str>>,
        kind: Kind,
    ) -> Open {
        let context = self.context(headers);
        Open::new(self, context, name, kind)
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer")
            .field("sampler", &self.sampler)
            .field("records", &self.sink.is_some())
            .finish_non_exhaustive()
    }
}

/// The span that this thread works on now.
#[derive(Clone)]
struct Active {
    context: Context,
    tracer: Tracer,
}

thread_local! {
    static CURRENT: RefCell<Option<Active>> = const { RefCell::new(None) };
}

/// Where the work of this moment belongs, if it is recorded.
pub fn current() -> Option<Context> {
    CURRENT.with_borrow(|current| Some(current.as_ref()?.context.clone()))
}

/// Begins a part of the present work. If that is not recorded, nothing is done and it costs next to nothing.
pub fn open(name: impl Into<Cow<'static, str>>, kind: Kind) -> Open {
    CURRENT.with_borrow(|current| match current {
        None => Open(None),
        Some(Active { context, tracer }) => {
            let context = context.child(tracer.traces.span());
            Open::new(tracer, context, name, kind)
        }
    })
}

/// Work under way: its span ends when this is dropped, also because the work was given up.
#[must_use = "the span ends when this is dropped"]
pub struct Open(Option<Box<Timed>>);

struct Timed {
    active: Active,
    name: Cow<'static, str>,
    kind: Kind,
    start: SystemTime,
    started: Instant,
    attributes: Vec<(&'static str, Value)>,
    error: Option<Cow<'static, str>>,
}

impl Open {
    fn new(
        tracer: &Tracer,
        context: Context,
        name: impl Into<Cow<'static, str>>,
        kind: Kind,
    ) -> Open {
        if !tracer.records(&context) {
            return Open(None);
        }
        Open(Some(Box::new(Timed {
            active: Active {
                context,
                tracer: tracer.clone(),
            },
            name: name.into(),
            kind,
            start: SystemTime::now(),
            started: Instant::now(),
            attributes: Vec::new(),
            error: None,
        })))
    }

    /// Adds a detail.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(timed) = &mut self.0 {
            timed.attributes.push((key, value.into()));
        }
    }

    /// Notes that the work failed, and why. No secrets: it is sent to others.
    pub fn fail(&mut self, cause: &dyn fmt::Display) {
        if let Some(timed) = &mut self.0 {
            timed.error = Some(cause.to_string().into());
        }
    }

    /// Where it belongs, to be handed on; nothing if it is not recorded.
    pub fn context(&self) -> Option<&Context> {
        Some(&self.0.as_ref()?.active.context)
    }

    /// Does `work` as this span, so that what it opens is part of it.
    pub fn within<F>(&self, work: F) -> Within<F> {
        let active = self.0.as_ref().map(|timed| timed.active.clone());
        Within { active, work }
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().map(|timed| &timed.name);
        f.debug_tuple("Open").field(&name).finish()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(timed) = self.0.take() {
            let Timed {
                active,
                name,
                kind,
                start,
                started,
                attributes,
                error,
            } = *timed;
            active.tracer.record(Span {
                name,
                kind,
                context: active.context,
                start,
                // A clock that is set meanwhile makes no span of negative length.
                end: start + started.elapsed(),
                attributes,
                error,
            });
        }
    }
}

/// Does `work` as a part of the present work, failed if it returns an error.
pub async fn part<T, E: fmt::Display>(
    name: &'static str,
    kind: Kind,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut span = open(name, kind);
    let result = span.within(work).await;
    if let Err(error) = &result {
        span.fail(error);
    }
    result
}

pin_project! {
    /// Work within a span.
    #[must_use = "futures do nothing unless polled"]
    pub struct Within<F> {
        active: Option<Active>,
        #[pin]
        work: F,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(active) = this.active else {
            return this.work.poll(waker);
        };
        let _restored = Restore(CURRENT.replace(Some(active.clone())));
        this.work.poll(waker)
    }
}

impl<F> fmt::Debug for Within<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").finish_non_exhaustive()
    }
}

/// Puts back what was current before, also after a panic.
struct Restore(Option<Active>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::FutureExt as _;

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Span>>);

    impl Sink for Kept {
        fn take(&self, span: Span) {
            self.0.lock().expect("no panics").push(span);
        }
    }

    fn kept(sampler: Sampler) -> (Arc<Kept>, Tracer) {
        let kept = Arc::new(Kept::default());
        let tracer = Tracer::new(7, sampler, Arc::<Kept>::clone(&kept));
        (kept, tracer)
    }

    #[test]
    fn parts_hang_below_the_work_around_them() {
        let (kept, tracer) = kept(Sampler::ALL);
        let mut root = tracer.open(&HeaderMap::new(), "root", Kind::Consumer);
        root.set("orders", 2_i64);
        let work = async {
            let inner = part("inner", Kind::Client, async {
                open("innermost", Kind::Internal).set("deep", true);
                Err::<(), _>("broke")
            });
            inner.await.expect_err("it breaks");
            current()
        };
        let within = root
            .within(work)
            .now_or_never()
            .expect("nothing to wait for");
        assert_eq!(within.as_ref(), root.context());
        assert_eq!(current(), None);
        drop(root);
        let spans = kept.0.lock().expect("no panics");
        let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
        assert_eq!(names, ["innermost", "inner", "root"]);
        let [innermost, inner, root] = &spans[..] else {
            unreachable!()
        };
        assert_eq!(innermost.context.parent_id(), Some(inner.context.span_id()));
        assert_eq!(inner.context.parent_id(), Some(root.context.span_id()));
        assert_eq!(root.context.parent_id(), None);
        assert_eq!(innermost.context.trace_id(), root.context.trace_id());
        assert_eq!(inner.error.as_deref(), Some("broke"));
        assert_eq!(root.attributes, [("orders", Value::Int(2))]);
        assert!(root.start <= inner.start && root.end >= root.start);
    }

    #[test]
    fn the_caller_decides_and_what_is_not_recorded_costs_no_span() {
        let caller = |flags: &str| {
            let mut headers = HeaderMap::new();
            let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
            headers.insert("traceparent", parent.parse().expect("a header"));
            headers
        };
        for (sampler, flags, records) in [(Sampler::ALL, "00", false), (Sampler::NONE, "01", true)]
        {
            let (kept, tracer) = kept(sampler);
            let open = tracer.open(&caller(flags), "work", Kind::Server);
            assert_eq!(open.context().is_some(), records);
            let part =
                open.within(async { super::open("part", Kind::Internal).context().cloned() });
            assert_eq!(part.now_or_never().expect("at once").is_some(), records);
            drop(open);
            assert_eq!(
                kept.0.lock().expect("no panics").len(),
                if records { 2 } else { 0 }
            );
        }
        let off = Tracer::off(1);
        assert!(
            off.open(&caller("01"), "work", Kind::Server)
                .context()
                .is_none()
        );
        assert!(
            off.context(&caller("01")).is_sampled(),
            "it is handed on as it came"
        );
    }
}
