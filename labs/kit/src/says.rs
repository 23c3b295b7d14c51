//! What a lab says of itself in its recording: spans, marks, counters, threads.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::thread::JoinHandle;
use std::time::Instant;

use lab_format::SpanKind;

use crate::Context;
use crate::recorder::{Tape, What, number};

/// How many different labels a thread remembers.
const MOST_LABELS: usize = 4_096;

impl Context {
    /// Names this moment, in the lane of the current task, or of the whole run outside named tasks.
    pub fn mark(&self, label: &str) {
        if let Some(tape) = &*self.tape() {
            let label = known(tape, label);
            let task = number(sync::current());
            tape.add(Instant::now(), task, What::Mark { label });
        }
    }

    /// Says what the current task does while it runs, until the guard is dropped. Within it the task may wait, which is
    /// shown as such. Outside named tasks there is no lane to show it in.
    pub fn span(&self, label: &str) -> SpanGuard {
        self.span_of(SpanKind::Running, label)
    }

    /// Says what the current task does until the guard is dropped: [`SpanKind::Running`] under a name,
    /// [`SpanKind::Waiting`] or [`SpanKind::Blocked`] for something that does not tell of itself, or
    /// [`SpanKind::Holding`] it. For waits, `label` is a verb that fits after "waits to".
    pub fn span_of(&self, kind: SpanKind, label: &str) -> SpanGuard {
        let task = number(sync::current());
        let label = self.tape().as_ref().map(|tape| {
            let label = known(tape, label);
            tape.add(Instant::now(), task, What::SpanStarted { label, kind });
            (tape.id(), label)
        });
        SpanGuard {
            lab: self.clone(),
            task,
            kind,
            label,
        }
    }

    /// Awaits a future that does not tell of itself, such as a timer: shown as a wait. `label` is a verb that fits after
    /// "waits to".
    pub async fn waiting<F: Future>(&self, label: &str, future: F) -> F::Output {
        let _waiting = self.span_of(SpanKind::Waiting, label);
        future.await
    }

    /// A number over time, drawn as a strip under the lanes. It begins at 0.
    pub fn counter(&self, name: &str) -> Counter {
        Counter {
            lab: self.clone(),
            name: name.to_owned(),
            number: next_label(),
            limit: None,
            told: AtomicU64::new(u64::MAX),
        }
    }
}

/// Ends a span when dropped, in any thread. Made by [`Context::span`].
#[must_use = "a span ends when its guard is dropped"]
pub struct SpanGuard {
    lab: Context,
    task: u32,
    kind: SpanKind,
    /// The tape and the label's number, if something was recorded.
    label: Option<(u64, u32)>,
}

impl Drop for SpanGuard {
    fn drop(&mut self) {
        let (Some((id, label)), Some(tape)) = (self.label, &*self.lab.tape()) else {
            return;
        };
        if tape.id() == id {
            let kind = self.kind;
            tape.add(Instant::now(), self.task, What::SpanEnded { label, kind });
        }
    }
}

/// A number over time. Made by [`Context::counter`].
pub struct Counter {
    lab: Context,
    name: String,
    number: u32,
    limit: Option<f64>,
    /// The tape that knows the name.
    told: AtomicU64,
}

impl Counter {
    /// Says what it cannot exceed; drawn as a line.
    pub fn limit(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Its value from now on. What is not a finite number is left out.
    pub fn set(&self, value: f64) {
        let tape = self.lab.tape();
        let Some(tape) = &*tape else { return };
        if self.told.swap(tape.id(), Ordering::Relaxed) != tape.id() {
            tape.label(self.number, &self.name);
            if let Some(limit) = self.limit {
                tape.limit(self.number, limit);
            }
        }
        let counter = self.number;
        tape.add(Instant::now(), 0, What::Count { counter, value });
    }
}

/// Starts a thread of the operating system under a name, with a lane of its own: what it waits for and holds is shown as
/// a task's is.
///
/// # Panics
/// If the system has no thread to give.
pub fn thread<T: Send + 'static>(
    lab: &Context,
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let (lab, known) = (lab.clone(), name.to_owned());
    let body = move || {
        // A named task that never waits asynchronously: one poll is all of it.
        let task = async move {
            if let Some(tape) = &*lab.tape() {
                tape.add(Instant::now(), number(sync::current()), What::Thread);
            }
            work()
        };
        let mut task = pin!(sync::adopt(&known, task));
        match task
            .as_mut()
            .poll(&mut std::task::Context::from_waker(Waker::noop()))
        {
            Poll::Ready(output) => output,
            Poll::Pending => unreachable!("it awaits nothing"),
        }
    };
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder
        .spawn(body)
        .expect("the system has a thread to give")
}

/// The number of a label, which the tape knows from now on.
fn known(tape: &Tape, label: &str) -> u32 {
    thread_local! {
        /// Each label's number, and the tape that knows it.
        static KNOWN: RefCell<HashMap<String, (u32, u64)>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|all| {
        if let Some((number, told)) = all.get_mut(label) {
            if *told != tape.id() {
                *told = tape.id();
                tape.label(*number, label);
            }
            return *number;
        }
        if all.len() >= MOST_LABELS {
            all.clear();
        }
        let number = next_label();
        tape.label(number, label);
        all.insert(label.to_owned(), (number, tape.id()));
        number
    })
}

fn next_label() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lab_format::{Knobs, LaneKind, Timeline};

    use super::*;

    fn lane(timeline: &Timeline, name: &str) -> lab_format::Lane {
        let lane = timeline.lanes.iter().find(|lane| lane.name == name);
        lane.unwrap_or_else(|| panic!("{name} in {:?}", timeline.lanes))
            .clone()
    }

    fn doings(timeline: &Timeline, name: &str) -> Vec<(SpanKind, String)> {
        let lane = lane(timeline, name).id;
        let spans = timeline.spans.iter().filter(|span| span.lane == lane);
        spans
            .map(|span| (span.kind, span.label.clone()))
            .filter(|(_, label)| !label.is_empty())
            .collect()
    }

    /// Tells when somebody begins to wait for the till.
    struct Waits(std::sync::mpsc::Sender<()>);

    impl sync::Observer for Waits {
        fn event(&self, _at: Instant, event: &sync::Event<'_>) {
            if matches!(event, sync::Event::WaitStarted { name, .. } if *name == "till of says") {
                // Only the first is waited for.
                let _gone = self.0.send(());
            }
        }
    }

    #[tokio::test]
    async fn a_lab_says_what_its_tasks_do() {
        let lab = Context::new(Knobs::new(), None, false, false);
        let teller = lab.clone();
        let work = async move {
            let parcels = teller.counter("parcels").limit(3.0);
            let packing = teller.span("pack");
            parcels.set(2.0);
            parcels.set(f64::NAN);
            teller
                .waiting("dry", tokio::time::sleep(Duration::from_millis(1)))
                .await;
            drop(packing);
            let shelf = teller.span_of(SpanKind::Holding, "shelf");
            teller.mark("packed");
            drop(shelf);
        };
        let (done, timeline) = lab.watch(sync::spawn("packer of says", work)).await;
        done.expect("does not panic");
        timeline.check().expect("well formed");
        let expected = [
            (SpanKind::Running, "pack"),
            (SpanKind::Waiting, "dry"),
            (SpanKind::Running, "pack"),
            (SpanKind::Holding, "shelf"),
        ];
        let seen = doings(&timeline, "packer of says");
        let seen: Vec<_> = seen.iter().map(|(kind, label)| (*kind, &**label)).collect();
        assert_eq!(seen, expected);
        let packer = lane(&timeline, "packer of says").id;
        let mark = timeline.marks.iter().find(|mark| mark.label == "packed");
        assert_eq!(mark.map(|mark| mark.lane), Some(Some(packer)));
        let counter = timeline
            .counters
            .iter()
            .find(|counter| counter.name == "parcels");
        let counter = counter.expect("counted");
        let values: Vec<f64> = counter.points.iter().map(|point| point.1).collect();
        assert_eq!((values, counter.limit), (vec![0.0, 2.0], Some(3.0)));
    }

    #[tokio::test]
    async fn a_thread_has_a_lane_and_is_blocked_by_a_lock() {
        let lab = Context::new(Knobs::new(), None, false, false);
        let lock = std::sync::Arc::new(sync::Mutex::new("till of says", ()));
        let (waits, waiting) = std::sync::mpsc::channel();
        let _hook = sync::observe(std::sync::Arc::new(Waits(waits)));
        let starter = lab.clone();
        let work = async move {
            let held = lock.lock();
            let theirs = std::sync::Arc::clone(&lock);
            let buyer = thread(&starter, "buyer of says", move || drop(theirs.lock()));
            waiting
                .recv_timeout(Duration::from_mins(1))
                .expect("the buyer waits for the till");
            drop(held);
            buyer.join().expect("does not panic");
        };
        let ((), timeline) = lab.watch(work).await;
        timeline.check().expect("well formed");
        assert_eq!(lane(&timeline, "buyer of says").kind, LaneKind::Thread);
        assert!(
            doings(&timeline, "buyer of says").contains(&(SpanKind::Blocked, "lock".to_owned()))
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn workers_show_what_they_ran() {
        let lab = Context::new(Knobs::new(), None, false, false).with_workers();
        let work = async {
            let task = sync::spawn("worked of says", async {
                tokio::task::yield_now().await;
            });
            task.await.expect("does not panic");
        };
        let ((), timeline) = lab.watch(work).await;
        timeline.check().expect("well formed");
        let workers = timeline
            .lanes
            .iter()
            .filter(|lane| lane.kind == LaneKind::Worker);
        let workers: Vec<_> = workers.map(|lane| lane.id).collect();
        let polls = timeline
            .spans
            .iter()
            .filter(|span| workers.contains(&span.lane) && span.label == "worked of says");
        assert_eq!(polls.count(), 2, "{timeline:?}");
        assert_eq!(
            doings(&timeline, "worked of says").first(),
            Some(&(SpanKind::Waiting, "run".to_owned())),
            "it waits for its turn"
        );
    }

    #[test]
    fn nothing_is_said_while_nothing_is_recorded() {
        let lab = Context::new(Knobs::new(), None, false, false);
        lab.mark("nobody hears");
        drop(lab.span("nobody hears"));
        lab.counter("nobody hears").set(1.0);
    }
}
