//! What a story works with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use lab_format::{Knobs, Timeline};

use crate::latency::Latency;
use crate::live::Live;
use crate::output;
use crate::recorder::{Recorder, Tape};

/// A lab's surroundings: its knobs, the recorder, latencies, progress. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
    workers: bool,
}

struct Inner {
    knobs: Knobs,
    /// Where latencies are published, if somebody can look.
    registry: Option<expvar::Registry>,
    held: bool,
    /// Whether latencies are published: not those of the first telling of a story that will be repeated, because there
    /// are rows for comparison among them, and what is repeated would never show through.
    publishes: bool,
    /// What feeds variables while the story is recorded, where nothing feeds them all the time.
    feed: Option<Arc<dyn sync::Observer>>,
    /// Where the lab's own events go while something is recorded.
    tape: ArcSwapOption<Tape>,
    timeline: Mutex<Timeline>,
}

impl Context {
    pub(crate) fn new(knobs: Knobs, live: Option<&Live>, held: bool, publishes: bool) -> Self {
        let registry = live.map(|live| live.registry().clone());
        let feed = live.and_then(Live::feed);
        let timeline = Mutex::new(Timeline::new());
        Self {
            inner: Arc::new(Inner {
                knobs,
                registry,
                held,
                publishes,
                feed,
                tape: ArcSwapOption::empty(),
                timeline,
            }),
            workers: false,
        }
    }

    /// A knob's value, as the number type that is wanted.
    ///
    /// # Panics
    /// If the lab has no such knob, or if the knob's range does not fit the type: faults of the lab.
    pub fn knob<T: TryFrom<i64>>(&self, name: &str) -> T {
        let Some(value) = self.inner.knobs.get(name) else {
            panic!("the lab declares no knob {name}")
        };
        let read = T::try_from(*value);
        read.unwrap_or_else(|_| panic!("knob {name} is read as a type that {value} does not fit"))
    }

    /// True while `--hold` repeats the story: what is only there for the table can be left out then.
    pub fn is_held(&self) -> bool {
        self.inner.held
    }

    /// Counts one more telling of the story, in the variable `lab.runs`.
    pub(crate) fn told(&self) {
        if let Some(registry) = &self.inner.registry
            && let Ok(runs) = registry.map("lab").and_then(|lab| lab.counter("runs"))
        {
            runs.inc();
        }
    }

    /// The same surroundings, for recordings that also show the runtime's workers: which thread ran which task when. A
    /// task then runs only while it is polled, and waits in between, for its turn or for a timer too.
    ///
    /// Each poll is two more events. Where polls are many and short, that is a part of what is seen.
    pub fn with_workers(&self) -> Self {
        Self {
            workers: true,
            ..self.clone()
        }
    }

    /// Records what tasks do until the future ends, and makes it the picture of the run.
    pub async fn record<F: Future>(&self, future: F) -> F::Output {
        let (output, timeline) = self.watch(future).await;
        self.show(timeline);
        output
    }

    /// Records what tasks do until the future ends, without making it the picture of the run. While the story is held
    /// nothing is recorded, because nothing is drawn.
    pub async fn watch<F: Future>(&self, future: F) -> (F::Output, Timeline) {
        if self.inner.held {
            return (future.await, Timeline::new());
        }
        let _fed = self.inner.feed.clone().map(sync::observe);
        let recorder = Recorder::start(self.workers);
        self.inner.tape.store(Some(Arc::clone(recorder.tape())));
        let output = future.await;
        self.inner.tape.store(None);
        (output, recorder.finish())
    }

    /// The recording under way, the one that began last if there are several.
    pub(crate) fn tape(&self) -> arc_swap::Guard<Option<Arc<Tape>>> {
        self.inner.tape.load()
    }

    /// Makes a recording the picture of the run. The last one counts.
    pub fn show(&self, timeline: Timeline) {
        *self.timeline() = timeline;
    }

    /// A new collection of latencies. Where there is a debug listener, what is repeated under a name also goes into the
    /// variable `latency.<name>_ns`.
    pub fn latency(&self, name: &str) -> Latency {
        let registry = self
            .inner
            .registry
            .as_ref()
            .filter(|_| self.inner.publishes);
        let live = registry.and_then(|registry| {
            // A lab that gives two meanings to a name still measures; it does not publish.
            registry
                .map("latency")
                .ok()?
                .histogram(&format!("{name}_ns"))
                .ok()
        });
        Latency::new(live)
    }

    /// Tells whoever waits what happens now: one line on standard error, and the variable `lab.step`.
    pub fn progress(&self, text: &str) {
        if let Some(registry) = &self.inner.registry
            && let Ok(step) = registry.map("lab").and_then(|lab| lab.text("step"))
        {
            step.set(text);
        }
        if !self.inner.held {
            output::tell(text);
        }
    }

    pub(crate) fn take_timeline(&self) -> Timeline {
        std::mem::take(&mut *self.timeline())
    }

    fn timeline(&self) -> MutexGuard<'_, Timeline> {
        let timeline = self.inner.timeline.lock();
        timeline.unwrap_or_else(PoisonError::into_inner)
    }
}
