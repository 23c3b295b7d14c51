//! Asking every task, a few at a time, and keeping what they answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Context;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use sync::{Probe, Subject, TaskId, TaskInfo, TaskState};

/// How many tasks are asked at a time, and the next when they have answered: as many polls may come between a task that has
/// work to do and its turn.
const WINDOW: usize = 64;
/// How long to leave the runtime to itself after that.
const BREATH: Duration = Duration::from_micros(200);
/// How long to wait for answers that do not come before more tasks are asked all the same.
const PAUSE: Duration = Duration::from_millis(2);
/// How many different sets of stacks are kept, which bounds the memory of a dump to some 50 MB.
#[cfg(all(own_sampler, frame_pointers))]
const MAX_TRACES: usize = 1 << 14;

/// How many tasks a dump holds, the oldest: bounds it to some 30 MB, stacks aside.
const MAX_TASKS: usize = 1 << 17;

/// Addresses from what a task waits for to its outermost future. There are none without traces.
#[cfg(all(own_sampler, frame_pointers))]
pub(super) use super::trap::Stack;
#[cfg(not(all(own_sampler, frame_pointers)))]
pub(super) type Stack = std::convert::Infallible;

/// What asking has found.
pub(super) struct Found {
    /// The tasks that answered, and those that did not and are still alive, oldest first.
    pub(super) tasks: Vec<(TaskInfo, Answer)>,
    /// The different sets of stacks that answers refer to.
    pub(super) traces: Vec<Vec<Stack>>,
    /// How many tasks there were beyond [`MAX_TASKS`].
    pub(super) left_out: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The deadline came before the task was asked.
    NotAsked,
    /// The task was asked and has not been polled since.
    None,
    /// The task was polled. It waits as the trace of this number says; without one, nothing kept its waker, or there was
    /// no room for another trace.
    Trace(Option<u32>),
}

/// Asks all tasks that are alive and waits for their answers, until the deadline at most. The error says what of this
/// process somebody else is using.
pub(super) fn ask(deadline: Duration) -> Result<Found, &'static str> {
    let answers = Arc::new(Answers::new());
    let probing = sync::probe(Arc::clone(&answers) as Arc<dyn Probe>)
        .ok_or("the probe that tasks are asked with")?;
    let all = probing.subjects();
    let subjects = &all[..all.len().min(MAX_TASKS)];
    let asked = Asking {
        answers: &answers,
        given: answers.expect(subjects.iter().map(Subject::id).collect()),
        subjects,
        until: Instant::now() + deadline,
    }
    .run();
    Ok(answers.found(subjects, asked, all.len() - subjects.len()))
}

/// The side that asks.
struct Asking<'a> {
    answers: &'a Answers,
    given: &'a Given,
    subjects: &'a [Subject],
    until: Instant,
}

impl Asking<'_> {
    /// What was known of each task at the moment that it was asked.
    fn run(self) -> Vec<TaskInfo> {
        let mut asked = Vec::with_capacity(self.subjects.len());
        let mut window = WINDOW;
        for subject in self.subjects {
            if self.answers.outstanding() >= window {
                // Those that do not answer must not keep the others from being asked.
                let slow = self.wait(0);
                window = WINDOW + slow;
                thread::sleep(BREATH);
                if Instant::now() >= self.until {
                    return asked;
                }
            }
            asked.push(subject.info());
            self.answers.outstanding.fetch_add(1, Ordering::AcqRel);
            subject.ask();
        }
        while Instant::now() < self.until && self.missing() {
            self.wait(0);
        }
        asked
    }

    /// Waits until no more than `few` answers are outstanding, or none comes for a while; gives how many are left.
    fn wait(&self, few: usize) -> usize {
        self.answers.enough.store(few, Ordering::Release);
        let mut before = usize::MAX;
        loop {
            let outstanding = self.answers.outstanding();
            if outstanding <= few {
                return 0;
            }
            if outstanding >= before || Instant::now() >= self.until {
                return outstanding;
            }
            before = outstanding;
            thread::park_timeout(PAUSE);
        }
    }

    /// Whether there is a task that could still answer.
    fn missing(&self) -> bool {
        let subjects = self.subjects.iter();
        let mut unanswered = subjects
            .zip(&self.given.answers)
            .filter(|(_, answer)| answer.load(Ordering::Acquire) == NOT_YET);
        unanswered.any(|(subject, _)| !subject.is_ended())
    }
}

/// Numbers that stand for answers; higher ones are those of traces.
const NOT_YET: u32 = 0;
const ENDED: u32 = 1;
const NO_TRACE: u32 = 2;
const FIRST_TRACE: u32 = 3;

/// The side that answers.
struct Answers {
    given: OnceLock<Given>,
    outstanding: AtomicUsize,
    /// At how many outstanding answers the asking thread wants to be woken.
    enough: AtomicUsize,
    asking: Thread,
    traces: Mutex<Traces>,
}

/// A place for each task's answer.
struct Given {
    ids: Vec<TaskId>,
    answers: Box<[AtomicU32]>,
}

/// Different sets of stacks, numbered in the order of their coming.
type Traces = HashMap<Vec<Stack>, u32>;

impl Probe for Answers {
    fn poll(
        &self,
        task: TaskId,
        context: &mut Context<'_>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> bool,
    ) {
        // However the poll ends, the asking side goes on.
        let answering = Answering {
            answers: self,
            task,
        };
        let mut ended = false;
        let mut poll = |context: &mut Context<'_>| {
            ended = poll(context);
            ended
        };
        #[cfg(all(own_sampler, frame_pointers))]
        let trace = self.trace(super::trap::poll(context, &mut poll));
        #[cfg(not(all(own_sampler, frame_pointers)))]
        let trace = {
            poll(context);
            NO_TRACE
        };
        answering.give(if ended { ENDED } else { trace });
    }
}

/// An answer that is being made.
struct Answering<'a> {
    answers: &'a Answers,
    task: TaskId,
}

impl Answering<'_> {
    fn give(&self, answer: u32) {
        let given = self.answers.given.get();
        let place = given.and_then(|given| {
            let index = given.ids.binary_search(&self.task).ok()?;
            given.answers.get(index)
        });
        if let Some(place) = place {
            place.store(answer, Ordering::Release);
        }
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        let before = self.answers.outstanding.fetch_sub(1, Ordering::AcqRel);
        let enough = self.answers.enough.load(Ordering::Acquire);
        if before == enough + 1 || before == 1 {
            self.answers.asking.unpark();
        }
    }
}

impl Answers {
    /// Answers for the calling thread.
    fn new() -> Self {
        Self {
            given: OnceLock::new(),
            outstanding: AtomicUsize::new(0),
            enough: AtomicUsize::new(0),
            asking: thread::current(),
            traces: Mutex::default(),
        }
    }

    fn expect(&self, ids: Vec<TaskId>) -> &Given {
        self.given.get_or_init(|| Given {
            answers: ids.iter().map(|_| AtomicU32::new(NOT_YET)).collect(),
            ids,
        })
    }

    fn outstanding(&self) -> usize {
        self.outstanding.load(Ordering::Acquire)
    }

    /// The number that stands for these stacks.
    #[cfg(all(own_sampler, frame_pointers))]
    fn trace(&self, mut stacks: Vec<Stack>) -> u32 {
        if stacks.is_empty() {
            return NO_TRACE;
        }
        // Where a task waits for several things, the order of looking at them says nothing.
        stacks.sort_unstable();
        let mut traces = self.lock_traces();
        let next = traces.len();
        if let Some(known) = traces.get(&stacks) {
            return *known + FIRST_TRACE;
        }
        if next >= MAX_TRACES {
            return NO_TRACE;
        }
        traces.insert(stacks, next as u32);
        next as u32 + FIRST_TRACE
    }

    fn lock_traces(&self) -> MutexGuard<'_, Traces> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, subjects: &[Subject], asked: Vec<TaskInfo>, left_out: usize) -> Found {
        let given = self.given.get().map_or(&[][..], |given| &given.answers);
        let mut asked = asked.into_iter();
        let tasks = subjects.iter().zip(given);
        let tasks = tasks.filter_map(|(subject, answer)| {
            let (answer, before) = (answer.load(Ordering::Acquire), asked.next());
            // What has answered was there, whatever became of it while others were waited for.
            Some(match (answer, before) {
                (ENDED, _) => return None,
                (_, None) => (subject.info(), Answer::NotAsked),
                (NOT_YET, Some(_)) => (subject.info(), Answer::None),
                (NO_TRACE, Some(before)) => (waiting(before), Answer::Trace(None)),
                (trace, Some(before)) => {
                    (waiting(before), Answer::Trace(Some(trace - FIRST_TRACE)))
                }
            })
        });
        let tasks = tasks
            .filter(|(info, _)| info.state != TaskState::Ended)
            .collect();
        let mut traces: Vec<(Vec<Stack>, u32)> = std::mem::take(&mut *self.lock_traces())
            .into_iter()
            .collect();
        traces.sort_unstable_by_key(|(_, number)| *number);
        Found {
            tasks,
            traces: traces.into_iter().map(|(stacks, _)| stacks).collect(),
            left_out,
        }
    }
}

/// A task that answered, as it was before that: waiting, and since when, unless it was being polled when asked.
fn waiting(before: TaskInfo) -> TaskInfo {
    let since = match before.state {
        TaskState::Idle => before.since,
        _ => Duration::ZERO,
    };
    TaskInfo {
        state: TaskState::Idle,
        since,
        ..before
    }
}
