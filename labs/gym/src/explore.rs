//! Schedules, run by the engine of shuttle: each task has a stack of its own, all share one
//! thread, and at each scheduling point [`Explorer`] says who goes next.
//!
//! A *clock* task stands in for time: it is given a turn only when nobody else can move. Then the
//! earliest timer fires; without a timer nothing can ever move again, and that is a fault.

use crate::record::{self, Fault, FaultKind};
use crate::schedule::{Explorer, Strategy};
use crate::time;
use shuttle_engine::{Config, FailurePersistence, MaxSteps, Runner};
use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// More scheduling points than any sound solution of an exercise needs.
const MOST_STEPS: u64 = 5_000;

/// Code that is not optimised wants room.
const STACK: usize = 256 << 10;

/// A case's body: a new future for each schedule.
pub(crate) type Body = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

/// What some schedules have come to. The record of the last one stands in `record`.
pub(crate) struct Outcome {
    /// How many ran.
    pub(crate) schedules: u64,
    /// Some order was left out because of the limit on preemptions.
    pub(crate) pruned: bool,
    /// Every order within the limit was tried.
    pub(crate) done: bool,
    /// What is wrong with the last one, and its choices.
    pub(crate) fault: Option<Box<(Fault, String)>>,
}

/// Runs `body` over at most `most` schedules; stops at the first with a fault.
pub(crate) fn explore(body: &Body, strategy: Strategy, most: u64) -> Outcome {
    let (explorer, told) = Explorer::new(strategy, most);
    let mut config = Config::new();
    config.stack_size = STACK;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let body = Arc::clone(body);
    Runner::new(explorer, config).run(move || one(&body));
    turn::finished();
    let tally = told.tally();
    let fault = record::record().fault.clone();
    Outcome {
        schedules: tally.begun,
        pruned: tally.pruned,
        done: tally.done,
        fault: fault.map(|fault| Box::new((fault, tally.choices.trim_end_matches('0').to_owned()))),
    }
}

/// One schedule.
fn one(body: &Body) {
    hook();
    time::begin();
    let main = record::lane("main".into());
    drop(shuttle_std::future::spawn(time::Clock));
    turn::started();
    shuttle_engine::future::block_on(Guarded::new(main, body()));
    turn::finished();
}

/// A task's future. What it panics with becomes the schedule's fault, and ends the schedule.
pub(crate) struct Guarded<F> {
    lane: usize,
    future: Pin<Box<F>>,
}

impl<F: Future> Guarded<F> {
    pub(crate) fn new(lane: usize, future: F) -> Guarded<F> {
        Guarded {
            lane,
            future: Box::pin(future),
        }
    }
}

impl<F: Future> Future for Guarded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        record::record().running = self.lane;
        match catch_unwind(AssertUnwindSafe(|| self.future.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(payload) => {
                panicked(payload.as_ref(), self.lane);
                turn::stop();
                Poll::Pending
            }
        }
    }
}

/// Waits for `future` together with the thread. Each task has a stack of its own, so that only the
/// running one stands still.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let lane = record::record().running;
    shuttle_engine::future::block_on(InLane {
        lane,
        future: Box::pin(future),
    })
}

/// A future whose steps belong to the lane that waits for it.
struct InLane<F> {
    lane: usize,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for InLane<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        record::record().running = self.lane;
        self.future.as_mut().poll(cx)
    }
}

/// As [`block_on`], for what blocks its thread for long: a fault in a task that shares its thread.
pub(crate) fn block_long_on<F: Future>(doing: &str, instead: &str, future: F) -> F::Output {
    let record = record::record();
    let (name, may_block) = (record.name(), record.may_block());
    drop(record);
    if !may_block {
        fail(Fault {
            kind: FaultKind::Blocked,
            expected: "no task blocks its thread".to_owned(),
            observed: format!("{name} {doing}, and its thread with it"),
            why: format!(
                "All other tasks of that thread stand still meanwhile. {instead}, or have a thread of its own for it: \
                 `spawn_blocking`."
            ),
        });
    }
    block_on(future)
}

/// Runs `work` in this lane on a thread of the engine's; what it panics with ends the schedule.
pub(crate) fn guarded<T>(lane: usize, work: impl FnOnce() -> T) -> T {
    record::record().running = lane;
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(value) => value,
        Err(payload) => {
            panicked(payload.as_ref(), lane);
            turn::stop();
            // The schedule is over: nobody is given a turn any more.
            loop {
                shuttle_engine::runtime::thread::switch();
            }
        }
    }
}

/// Ends the schedule with this fault. Never returns: whoever calls it goes no further.
pub(crate) fn fail(fault: Fault) -> ! {
    record::fault(fault);
    turn::stop();
    std::panic::panic_any(Ended)
}

/// What a task is unwound with whose schedule is over.
pub(crate) struct Ended;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what a panic says instead of printing it. The engine sets a hook of its own in its first
/// execution, so this is done within one.
fn hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !turn::is_running() {
                return before(info);
            }
            let place = info
                .location()
                .map(|place| format!(" at line {}", place.line()));
            let text = info.payload_as_str().unwrap_or("something that is no text");
            PANIC.set(format!("{text}{}", place.unwrap_or_default()));
        }));
    });
}

fn panicked(payload: &(dyn Any + Send), lane: usize) {
    if payload.is::<Ended>() {
        return;
    }
    let name = record::record()
        .lanes
        .get(lane)
        .cloned()
        .unwrap_or_default();
    record::fault(Fault {
        kind: FaultKind::Panic,
        expected: "no task panics".to_owned(),
        observed: format!("{name} panicked: {}", PANIC.take()),
        why: String::new(),
    });
}

/// Whose turn it is.
pub(crate) mod turn {
    use super::{Fault, FaultKind, MOST_STEPS, record};
    use shuttle_engine::scheduler::{Task, TaskId};
    use std::cell::RefCell;

    /// The choice at a scheduling point.
    pub(crate) enum Turn {
        /// There is none.
        Only(TaskId),
        /// One of these.
        Among(Vec<TaskId>, Running),
    }

    /// What the task was doing that has just run.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Running {
        /// It could go on, and stands first: giving the turn to another one preempts it.
        GoesOn,
        /// It has asked for others to go first, and stands last: it is unfair not to let them.
        Yields,
        /// It waits, or is over.
        Waits,
    }

    #[derive(Default)]
    struct State {
        /// The task that keeps the time.
        clock: Option<TaskId>,
        /// The schedule is over, with a fault.
        stopped: bool,
        /// Its main task is over.
        finished: bool,
        /// The running task goes on at the next scheduling point: what it does there concerns nobody.
        keep: bool,
        /// The running task has asked for others to go first.
        yields: bool,
        /// It has done something since it was given its turn.
        acted: bool,
        steps: u64,
    }

    thread_local! {
        static STATE: RefCell<State> = RefCell::new(State::default());
    }

    fn with<T>(change: impl FnOnce(&mut State) -> T) -> T {
        STATE.with_borrow_mut(change)
    }

    pub(crate) fn begin() {
        with(|state| {
            *state = State {
                keep: true,
                ..State::default()
            }
        });
    }

    /// The clock is the first task that is spawned.
    pub(crate) fn started() {
        with(|state| {
            state.clock = Some(TaskId::from(1));
            state.keep = false;
        });
    }

    pub(crate) fn finished() {
        with(|state| state.finished = true);
    }

    pub(crate) fn stop() {
        with(|state| state.stopped = true);
    }

    /// Whether this thread runs a schedule.
    pub(crate) fn is_running() -> bool {
        with(|state| state.clock.is_some() && !state.finished)
    }

    pub(crate) fn is_over() -> bool {
        with(|state| state.stopped || state.finished)
    }

    /// Runs `spawn`, in which the engine has a scheduling point that concerns nobody.
    pub(crate) fn keeping<T>(spawn: impl FnOnce() -> T) -> T {
        with(|state| state.keep = true);
        let result = spawn();
        with(|state| {
            state.keep = false;
            // There may be one more to choose from.
            state.acted = true;
        });
        result
    }

    pub(crate) fn yields() {
        with(|state| state.yields = true);
    }

    /// Anybody may go before what the running task does next.
    pub(crate) fn point() {
        record::moved();
        if std::thread::panicking() || is_over() {
            return;
        }
        // It was chosen just now: asking again would only repeat the choice.
        if !with(|state| std::mem::replace(&mut state.acted, true)) {
            return;
        }
        let lane = record::record().running;
        shuttle_engine::runtime::thread::switch();
        record::record().running = lane;
        with(|state| state.acted = true);
    }

    /// The running task has done something without a scheduling point before it.
    pub(crate) fn acted() {
        with(|state| state.acted = true);
    }

    /// Who may go next; nobody when the schedule is over.
    pub(crate) fn next(runnable: &[&Task], current: Option<TaskId>) -> Option<Turn> {
        record::moved();
        let (clock, keeps, yields) = with(|state| {
            state.steps += 1;
            let yields = std::mem::take(&mut state.yields);
            (state.clock, state.keep || state.finished, yields)
        });
        if with(|state| state.steps) > MOST_STEPS {
            endless();
            return None;
        }
        if with(|state| state.stopped) {
            return None;
        }
        let running = current.filter(|current| runnable.iter().any(|task| task.id() == *current));
        if let Some(running) = running.filter(|_| keeps) {
            return Some(Turn::Only(running));
        }
        let mut tasks: Vec<TaskId> = running
            .filter(|running| Some(*running) != clock)
            .into_iter()
            .collect();
        let others = runnable.iter().map(|task| task.id());
        tasks.extend(others.filter(|task| Some(*task) != clock && Some(*task) != running));
        let running = running.is_some() && running != clock;
        let doing = match (running, yields) {
            (true, true) => {
                tasks.rotate_left(1);
                Running::Yields
            }
            (true, false) => Running::GoesOn,
            (false, _) => Running::Waits,
        };
        match tasks.len() {
            0 => clock.map(Turn::Only),
            1 => Some(Turn::Only(tasks[0])),
            _ => Some(Turn::Among(tasks, doing)),
        }
    }

    pub(crate) fn given(task: TaskId) -> TaskId {
        with(|state| state.acted = false);
        task
    }

    fn endless() {
        stop();
        record::fault(Fault {
            kind: FaultKind::Endless,
            expected: "every task ends".to_owned(),
            observed: format!("after {MOST_STEPS} steps some task still goes on"),
            why: "A loop has no way out: look at what the last steps repeat.".to_owned(),
        });
    }
}
