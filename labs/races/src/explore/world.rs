//! The world of one order: who can go on, who has what, and what was done so far.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{self, PoisonError};
use std::task::Poll;

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    /// The tasks.
    pub(super) names: Vec<String>,
    /// What they did.
    pub(super) steps: Vec<Step>,
}

/// What a task did in its turn.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) task: usize,
    pub(super) label: Cow<'static, str>,
    /// It could not go on, and waits from here.
    pub(super) waits: bool,
    /// Who let it go on, if it had waited.
    pub(super) by: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// Waits for the lock of that number.
    Waits(usize),
    Over,
}

#[derive(Default)]
struct World {
    steps: Steps,
    states: Vec<State>,
    /// How many locks each has.
    holds: Vec<usize>,
    /// Who let each go on.
    freed_by: Vec<Option<usize>>,
    running: usize,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

fn world<T>(change: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(change)
}

/// A new order, of these tasks.
pub(super) fn begin(names: Vec<String>) {
    world(|world| {
        let tasks = names.len();
        *world = World {
            steps: Steps {
                names,
                steps: Vec::new(),
            },
            states: vec![State::Ready; tasks],
            holds: vec![0; tasks],
            freed_by: vec![None; tasks],
            running: 0,
        };
    });
}

/// This task goes on now.
pub(super) fn runs(task: usize) {
    world(|world| world.running = task);
}

/// This task is over.
pub(super) fn ends(task: usize) {
    world(|world| world.states[task] = State::Over);
}

/// Who could go on: `first`, if it could, then the others.
pub(super) fn ready(first: usize) -> Vec<usize> {
    world(|world| {
        let ready = |task: &usize| world.states[*task] == State::Ready;
        let others = (0..world.states.len()).filter(|task| *task != first);
        let first = [first].into_iter().filter(|_| !world.states.is_empty());
        first.chain(others).filter(ready).collect()
    })
}

/// Who waits for what, if somebody waits that nobody can let go.
pub(super) fn stuck() -> Option<String> {
    world(|world| {
        let waits = |task: &usize| matches!(world.states[*task], State::Waits(_));
        let said: Vec<String> = (0..world.states.len())
            .filter(waits)
            .filter_map(|task| {
                let last = world
                    .steps
                    .steps
                    .iter()
                    .rev()
                    .find(|step| step.task == task)?;
                Some(format!("{} {}", world.steps.names[task], last.label))
            })
            .collect();
        (!said.is_empty()).then(|| said.join("; "))
    })
}

/// How often somebody waited.
pub(super) fn waits() -> usize {
    world(|world| world.steps.steps.iter().filter(|step| step.waits).count())
}

/// What was done.
pub(super) fn steps() -> Steps {
    world(|world| world.steps.clone())
}

fn did(label: Cow<'static, str>, waits: bool) {
    world(|world| {
        let task = world.running;
        let by = world.freed_by[task].take();
        let step = Step {
            task,
            label,
            waits,
            by,
        };
        world.steps.steps.push(step);
    });
}

/// Says in the picture what the running task has found or done in its last step.
pub fn note(text: impl FnOnce() -> String) {
    world(|world| {
        let task = world.running;
        if let Some(step) = world.steps.steps.last_mut()
            && step.task == task
        {
            step.label = text().into();
        }
    });
}

/// Lets any other task go first.
async fn point() {
    let mut gone = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut gone, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Lets the others go first. With a lock in hand that is a step of its own; without one it adds no order, because any
/// other may go before the next lock anyway.
pub async fn pause() {
    if world(|world| world.holds[world.running] > 0) {
        point().await;
        did("pauses".into(), false);
    }
}

/// A lock that one task at a time has.
pub struct Mutex<T> {
    name: &'static str,
    number: usize,
    inner: sync::Mutex<T>,
}

impl<T> Mutex<T> {
    /// A lock of that name.
    pub fn new(name: &'static str, value: T) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self {
            name,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            inner: sync::Mutex::new(value),
        }
    }

    /// Waits for the lock.
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        point().await;
        loop {
            // Nobody is in the middle of anything: all tasks share one thread.
            if let Ok(inner) = self.inner.try_lock() {
                did(format!("locks {}", self.name).into(), false);
                world(|world| world.holds[world.running] += 1);
                return MutexGuard {
                    of: self,
                    inner: Some(inner),
                };
            }
            did(format!("waits to lock {}", self.name).into(), true);
            world(|world| world.states[world.running] = State::Waits(self.number));
            point().await;
        }
    }

    fn freed(&self) {
        world(|world| {
            let by = world.running;
            world.holds[by] = world.holds[by].saturating_sub(1);
            for (state, freed_by) in world.states.iter_mut().zip(&mut world.freed_by) {
                if *state == State::Waits(self.number) {
                    (*state, *freed_by) = (State::Ready, Some(by));
                }
            }
        });
    }
}

impl<T: Copy> Mutex<T> {
    /// The value, once all is over. It is no step.
    pub fn get(&self) -> T {
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lock, until it is dropped.
pub struct MutexGuard<'a, T> {
    of: &'a Mutex<T>,
    inner: Option<sync::MutexGuard<'a, T>>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("there until it is dropped")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("there until it is dropped")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.inner = None;
        self.of.freed();
    }
}
