//! What a story works with.

use std::sync::{Arc, Mutex, PoisonError};

use lab_format::{Knobs, Timeline};

use crate::latency::Latency;
use crate::live::Live;
use crate::output::Output;
use crate::recorder::Recorder;

/// A lab's surroundings: its knobs, the recorder, latencies, progress. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    knobs: Knobs,
    /// Where latencies are published, if somebody can look.
    registry: Option<expvar::Registry>,
    output: Output,
    held: bool,
    timeline: Mutex<Timeline>,
}

impl Context {
    pub(crate) fn new(knobs: Knobs, live: Option<&Live>, output: Output, held: bool) -> Self {
        let registry = live.map(|live| live.registry().clone());
        let timeline = Mutex::new(Timeline::new());
        Self {
            inner: Arc::new(Inner {
                knobs,
                registry,
                output,
                held,
                timeline,
            }),
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
        match T::try_from(*value) {
            Ok(value) => value,
            Err(_) => panic!("knob {name} is read as a type that {value} does not fit"),
        }
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

    /// Records what tasks do until the future ends: the picture of the run. Recording again replaces it.
    pub async fn record<F: Future>(&self, future: F) -> F::Output {
        if self.inner.held {
            return future.await;
        }
        let recorder = Recorder::start();
        let output = future.await;
        *self
            .inner
            .timeline
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = recorder.finish();
        output
    }

    /// A new collection of latencies. While there is a debug listener, all that are taken under a name also go into
    /// the variable `latency.<name>_ns`.
    pub fn latency(&self, name: &str) -> Latency {
        let live = self.inner.registry.as_ref().and_then(|registry| {
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
            self.inner.output.progress(text);
        }
    }

    pub(crate) fn take_timeline(&self) -> Timeline {
        std::mem::take(
            &mut *self
                .inner
                .timeline
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}
