//! A model checker: runs a few tasks in *every* order in which their steps can happen.
//!
//! A task is a future. It waits for nothing but what this module offers: a [`Mutex`] and [`pause`]. Each of these lets
//! go of the task before it does anything, so that whoever polls decides who does the next step. That decision is the
//! only thing that differs from one run to the next. So the checker writes its decisions down, and for the next run
//! changes the last one that had another side. When none is left, all orders have been tried.
//!
//! ```
//! use std::sync::Arc;
//! use races::explore::{Case, Mutex, every_order};
//!
//! let explored = every_order(1_000, || {
//!     let total = Arc::new(Mutex::new("total", 0));
//!     let mut case = Case::new();
//!     for name in ["anna", "ben"] {
//!         let total = Arc::clone(&total);
//!         case.task(name, async move {
//!             let seen = *total.lock().await; // locked, and let go at once
//!             *total.lock().await = seen + 1;
//!         });
//!     }
//!     case.finally(move || if total.get() == 2 { Ok(()) } else { Err("an update is lost".to_owned()) })
//! });
//! assert_eq!((explored.orders, explored.failing), (6, 4));
//! ```

mod drawing;
mod world;

use std::cmp::Reverse;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use lab_format::Timeline;

pub use world::{Mutex, MutexGuard, note, pause};

/// Steps that no case here comes near: beyond them a task goes in circles.
const MOST_STEPS: usize = 10_000;

type Task = Pin<Box<dyn Future<Output = ()>>>;
type Verdict = Box<dyn FnOnce() -> Result<(), String>>;

/// A few tasks, and what has to be true when they are over.
pub struct Case {
    tasks: Vec<(String, Task)>,
    verdict: Verdict,
}

impl Default for Case {
    fn default() -> Self {
        Self::new()
    }
}

impl Case {
    /// No task yet, and nothing is demanded.
    pub fn new() -> Self {
        Self {
            tasks: Vec::new(),
            verdict: Box::new(|| Ok(())),
        }
    }

    /// Adds a task.
    pub fn task(&mut self, name: impl Into<String>, future: impl Future<Output = ()> + 'static) {
        self.tasks.push((name.into(), Box::pin(future)));
    }

    /// Says what has to be true in the end, or else what is wrong.
    pub fn finally(mut self, verdict: impl FnOnce() -> Result<(), String> + 'static) -> Self {
        self.verdict = Box::new(verdict);
        self
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Explored {
    /// How many orders were tried.
    pub orders: u64,
    /// Whether these were all there are.
    pub complete: bool,
    /// How many of them end wrong or not at all.
    pub failing: u64,
    /// What is wrong with the one that is drawn; none if nothing is.
    pub fault: Option<String>,
    /// The failing order that changes least often from one task to another; if none fails, one of those with most waits.
    pub drawn: Timeline,
}

/// A decision: which of those that could go on did.
#[derive(Clone, Copy)]
struct Choice {
    taken: usize,
    of: usize,
}

/// How well an order serves as a picture: the least one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It fails, and goes so often from a task that could have gone on to another.
    Fails(usize),
    /// Nothing is wrong, and so many times somebody waited.
    Holds(Reverse<usize>),
}

impl Rank {
    fn fails(self) -> bool {
        matches!(self, Self::Fails(_))
    }
}

/// Runs the case in every order of its steps, but in no more than `most` (at least one).
// ANCHOR: every_order
pub fn every_order(most: u64, case: impl Fn() -> Case) -> Explored {
    let (mut orders, mut failing, mut complete) = (0, 0, false);
    let mut choices: Vec<Choice> = Vec::new();
    let mut best: Option<(Rank, Vec<Choice>)> = None;
    while orders < most.max(1) && !complete {
        let (rank, _) = one_order(case(), &mut choices);
        orders += 1;
        failing += u64::from(rank.fails());
        if best.as_ref().is_none_or(|(known, _)| rank < *known) {
            best = Some((rank, choices.clone()));
        }
        complete = !another(&mut choices);
    }
    // ANCHOR_END: every_order
    if let Some((_, choices_of_it)) = best {
        choices = choices_of_it;
    }
    // The decisions alone are enough to run it again, for the picture.
    let (_, fault) = one_order(case(), &mut choices);
    Explored {
        orders,
        complete,
        failing,
        fault,
        drawn: drawing::draw(&world::steps()),
    }
}

/// The last decision that has another side takes it; those after it are forgotten. False if there is none.
// ANCHOR: another
fn another(choices: &mut Vec<Choice>) -> bool {
    while let Some(last) = choices.last_mut() {
        if last.taken + 1 < last.of {
            last.taken += 1;
            return true;
        }
        choices.pop();
    }
    false
}
// ANCHOR_END: another

/// Runs the case once: decides as before as long as that is known, then for the first that can go on. Says what is wrong.
fn one_order(case: Case, choices: &mut Vec<Choice>) -> (Rank, Option<String>) {
    let (names, mut tasks): (Vec<String>, Vec<Task>) = case.tasks.into_iter().unzip();
    world::begin(names);
    // Up to its first step a task touches nothing that is shared.
    for (number, task) in tasks.iter_mut().enumerate() {
        poll(number, task);
    }
    let (mut switches, mut last) = (0, 0);
    // ANCHOR: one_order
    for step in 0.. {
        assert!(step < MOST_STEPS, "a task of the case never ends");
        let ready = world::ready(last); // the one that went last comes first
        if ready.is_empty() {
            break;
        }
        if step == choices.len() {
            let of = ready.len();
            choices.push(Choice { taken: 0, of });
        }
        let next = ready[choices[step].taken];
        switches += usize::from(next != last && ready.contains(&last));
        poll(next, &mut tasks[next]);
        last = next;
    }
    // ANCHOR_END: one_order
    let fault = world::stuck().or_else(|| (case.verdict)().err());
    let rank = match fault {
        Some(_) => Rank::Fails(switches),
        None => Rank::Holds(Reverse(world::waits())),
    };
    (rank, fault)
}

fn poll(number: usize, task: &mut Task) {
    world::runs(number);
    let mut context = Context::from_waker(Waker::noop());
    if task.as_mut().poll(&mut context) == Poll::Ready(()) {
        world::ends(number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// So many tasks with so many steps each, on a lock that nobody keeps.
    fn steps(tasks: usize, each: usize) -> Explored {
        every_order(100_000, || {
            let lock = Arc::new(Mutex::new("lock", 0));
            let mut case = Case::new();
            for number in 0..tasks {
                let lock = Arc::clone(&lock);
                case.task(format!("task {number}"), async move {
                    for _ in 0..each {
                        *lock.lock().await += 1;
                    }
                });
            }
            case.finally(move || match lock.get() {
                sum if sum == tasks * each => Ok(()),
                sum => Err(format!("{sum}")),
            })
        })
    }

    #[test]
    fn it_tries_as_many_orders_as_there_are() {
        // (tasks · each)! / each!^tasks
        for (tasks, each, expected) in [
            (1, 4, 1),
            (2, 1, 2),
            (2, 2, 6),
            (2, 3, 20),
            (3, 2, 90),
            (4, 2, 2520),
        ] {
            let explored = steps(tasks, each);
            assert_eq!(
                (explored.orders, explored.failing),
                (expected, 0),
                "{tasks} × {each}"
            );
            assert!(explored.complete);
            explored.drawn.check().expect("well formed");
        }
    }

    #[test]
    fn it_says_when_it_has_not_tried_all() {
        let explored = every_order(89, || {
            let mut case = Case::new();
            let lock = Arc::new(Mutex::new("lock", ()));
            for name in ["anna", "ben", "cora"] {
                let lock = Arc::clone(&lock);
                case.task(name, async move {
                    drop(lock.lock().await);
                    drop(lock.lock().await);
                });
            }
            case
        });
        assert_eq!((explored.orders, explored.complete), (89, false));
    }

    #[test]
    fn whoever_waits_for_a_lock_does_nothing_until_it_is_free() {
        let explored = every_order(1_000, || {
            let stock = Arc::new(Mutex::new("stock", 1));
            let mut case = Case::new();
            for name in ["anna", "ben"] {
                let stock = Arc::clone(&stock);
                case.task(name, async move {
                    let mut left = stock.lock().await;
                    if *left > 0 {
                        pause().await;
                        *left -= 1;
                    }
                });
            }
            case.finally(move || {
                (stock.get() == 0)
                    .then_some(())
                    .ok_or("oversold".to_owned())
            })
        });
        assert_eq!(explored.failing, 0);
        assert!(explored.orders > 2, "the other also tries while one has it");
    }

    #[test]
    fn tasks_that_wait_for_each_other_are_a_fault_that_is_drawn() {
        let explored = every_order(1_000, || {
            let locks = Arc::new((Mutex::new("shelf", ()), Mutex::new("counter", ())));
            let mut case = Case::new();
            let both = Arc::clone(&locks);
            case.task("anna", async move {
                let _first = both.0.lock().await;
                let _second = both.1.lock().await;
            });
            case.task("ben", async move {
                let _first = locks.1.lock().await;
                let _second = locks.0.lock().await;
            });
            case
        });
        assert!(explored.failing > 0 && explored.failing < explored.orders);
        assert_eq!(
            explored.fault.as_deref(),
            Some("anna waits to lock counter; ben waits to lock shelf")
        );
        let waits = explored.drawn.spans.iter();
        let waits = waits.filter(|span| span.kind == lab_format::SpanKind::Waiting);
        assert_eq!(waits.count(), 2);
        explored.drawn.check().expect("well formed");
    }
}
