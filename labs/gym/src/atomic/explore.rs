//! Executions, run by loom: orders of steps, and for each load every value that it may return.

use crate::explore::{Ended, turn};
use crate::program::output::{self, Muted};
use crate::record::{self, Fault, FaultKind, What};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More steps than any sound solution of an exercise needs.
const MOST_STEPS: usize = 1_000;

/// A case's body: run once for each execution.
pub(crate) type Body = Arc<dyn Fn() + Send + Sync>;

/// What to run.
#[derive(Clone, Copy)]
pub(crate) struct Bounded {
    /// How often a thread may be taken off its processor; without a limit if there is none.
    pub(crate) preemptions: Option<u32>,
    /// How many executions at most.
    pub(crate) most: u64,
    /// The one whose output is shown.
    pub(crate) shown: u64,
}

/// What it has come to. The record of the last execution stands in `record`.
pub(crate) struct Outcome {
    /// How many executions ran.
    pub(crate) executions: u64,
    /// These were all within the limit.
    pub(crate) done: bool,
    /// What is wrong with the last one.
    pub(crate) fault: Option<Fault>,
}

/// Runs `body` over executions; stops at the first with a fault.
pub(crate) fn explore(body: &Body, bounded: Bounded) -> Outcome {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.max_branches = MOST_STEPS;
    builder.preemption_bound = bounded.preemptions.map(|bound| bound as usize);
    // Executions are limited where checkpoints would be written; it looks before it runs the next.
    builder.checkpoint_interval = 1;
    builder.checkpoint_file = None;
    builder.max_duration = None;
    builder.max_permutations = Some(usize::try_from(bounded.most).unwrap_or(usize::MAX - 1) + 1);
    let run = Arc::new(Run {
        begun: AtomicU64::new(0),
        shown: bounded.shown,
        muted: Mutex::new(None),
    });
    let (running, body) = (Arc::clone(&run), Arc::clone(body));
    let hook = Hook::set();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        builder.check(move || {
            running.begin();
            body();
            thread_ends();
        });
    }));
    drop(hook);
    run.unmute();
    turn::finished();
    if let Err(payload) = &ended {
        refused(payload.as_ref());
    }
    let executions = run.begun.load(Ordering::Relaxed);
    let fault = record::record().fault.clone();
    Outcome {
        executions,
        done: fault.is_none() && executions < bounded.most,
        fault,
    }
}

fn thread_ends() {
    super::thread::runs();
    record::event(What::Ends, "ends", None, None);
    record::over(0);
}

/// The executions of one run.
struct Run {
    begun: AtomicU64,
    shown: u64,
    muted: Mutex<Option<Muted>>,
}

impl Run {
    fn begin(&self) {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        record::begin();
        turn::begin();
        record::lane("main".to_owned());
        let mut muted = self.muted.lock().unwrap_or_else(PoisonError::into_inner);
        if number == self.shown {
            *muted = None;
        } else if muted.is_none() {
            *muted = Some(output::mute());
        }
    }

    fn unmute(&self) {
        *self.muted.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

thread_local! {
    static RUNS: Cell<bool> = const { Cell::new(false) };
    static PANIC: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

type Handler = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Keeps what a panic says instead of printing it, until it is dropped.
struct Hook(Arc<Handler>);

impl Hook {
    fn set() -> Hook {
        let before: Arc<Handler> = Arc::from(std::panic::take_hook());
        let others = Arc::clone(&before);
        std::panic::set_hook(Box::new(move |info| {
            if !RUNS.get() {
                return others(info);
            }
            let place = info
                .location()
                .map(|place| format!(" at line {}", place.line()));
            let text = info.payload_as_str().unwrap_or("something that is no text");
            PANIC.set((text.trim().to_owned(), place.unwrap_or_default()));
        }));
        RUNS.set(true);
        Hook(before)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        RUNS.set(false);
        let before = Arc::clone(&self.0);
        std::panic::set_hook(Box::new(move |info| before(info)));
    }
}

/// Puts what an execution has panicked with into the words of a fault.
fn refused(payload: &(dyn Any + Send)) {
    if payload.is::<Ended>() {
        return;
    }
    let (text, place) = PANIC.take();
    let fault = if text.starts_with("Causality violation") || text.starts_with("currently ") {
        race()
    } else if text.starts_with("deadlock; ") {
        Fault {
            kind: FaultKind::Stuck,
            expected: "every thread can go on in the end".to_owned(),
            observed: format!("nobody can: {}", record::record().waits()),
            why: String::new(),
        }
    } else if text.starts_with("Model exceeded maximum number of branches") {
        Fault {
            kind: FaultKind::Endless,
            expected: "every thread ends".to_owned(),
            observed: format!("after {MOST_STEPS} steps some thread still goes on"),
            why: "A loop that waits for another thread has to let it go on: call `thread::yield_now` or `spin_loop` in it. \
                  If it does, what it waits for never comes."
                .to_owned(),
        }
    } else if text.starts_with("Arc leaked") {
        Fault {
            kind: FaultKind::Panic,
            expected: "every atomic is dropped in the end".to_owned(),
            observed: "one is not".to_owned(),
            why: "It is in a box that was leaked, or in a circle of `Arc`s.".to_owned(),
        }
    } else {
        Fault {
            kind: FaultKind::Panic,
            expected: "no thread panics".to_owned(),
            observed: format!("{} panicked: {text}{place}", record::record().name()),
            why: String::new(),
        }
    };
    record::fault(fault);
}

/// Two accesses to a cell that nothing orders. The refused one is the last event.
fn race() -> Fault {
    let record = record::record();
    let resources = record.resources();
    let named = |lane: usize| record.lanes.get(lane).map_or("somebody", String::as_str);
    let observed = record.events.last().map(|last| {
        let other = record.events.iter().rev().find(|event| {
            event.resource == last.resource
                && event.lane != last.lane
                && (event.label == "write" || last.label == "write")
        });
        let cell = last
            .resource
            .map_or("cell", |resource| &resources[resource]);
        let (lane, access) = (named(last.lane), &last.label);
        match other {
            Some(other) => format!(
                "{lane} comes to {access} the {cell}, and nothing orders that after the {} of {}",
                other.label,
                named(other.lane)
            ),
            None => format!("{lane} comes to {access} the {cell} within another access of its own"),
        }
    });
    Fault {
        kind: FaultKind::Race,
        expected: "two accesses to a cell, one of them a write, have an order".to_owned(),
        observed: observed.unwrap_or_default(),
        why: "A data race: undefined behaviour, whatever the order of the steps in the picture. Two threads' steps are ordered \
              when one releases (`Release` or stronger) a value and the other acquires (`Acquire` or stronger) just that value."
            .to_owned(),
    }
}
