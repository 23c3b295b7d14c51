//! Which task goes next: every order in turn, a sample of them, or one that is known.

use crate::explore::turn::{self, Running, Turn};
use crate::record;
use shuttle_engine::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More tasks than this are not told apart in a choice.
const MOST_CHOICES: usize = 36;

/// How orders are chosen.
#[derive(Clone, Debug)]
pub(crate) enum Strategy {
    /// Every order in turn that takes a running task off its thread at most so often.
    Every { preemptions: u32 },
    /// Any order, drawn with this seed.
    Sample { seed: u64 },
    /// This one.
    Replay { choices: String },
}

/// What a run over schedules has come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// How many schedules have begun.
    pub(crate) begun: u64,
    /// Some order was left out because of the limit on preemptions.
    pub(crate) pruned: bool,
    /// Nothing is left to try.
    pub(crate) done: bool,
    /// The choices of the schedule that runs, a digit each.
    pub(crate) choices: String,
}

/// The scheduler, for [`shuttle_engine::Runner`]. The engine owns it; what it has come to is shared.
pub(crate) struct Explorer {
    choices: Arc<Mutex<Choices>>,
    most: u64,
    preemptions: u32,
}

/// The choices of the schedule that runs, and which are left.
struct Choices {
    strategy: Strategy,
    path: Vec<Choice>,
    position: usize,
    random: u64,
    tally: Tally,
}

#[derive(Clone, Copy)]
struct Choice {
    taken: usize,
    of: usize,
    /// The next one that makes a difference, as far as is known.
    next: Option<usize>,
}

thread_local! {
    /// What the schedules of this thread choose with.
    static CURRENT: RefCell<Option<Arc<Mutex<Choices>>>> = const { RefCell::new(None) };
}

/// A choice that the running task makes itself.
pub(crate) struct Chosen {
    /// Which one was taken.
    pub(crate) taken: usize,
    nth: usize,
}

/// Takes one of `of`, at most 36; each is taken in its turn.
pub(crate) fn choose(of: usize) -> Chosen {
    with_choices(|choices| {
        let nth = choices.position;
        let taken = choices.choose(of, of);
        Chosen { taken, nth }
    })
    .unwrap_or(Chosen { taken: 0, nth: 0 })
}

/// Says that the choices between this one and `next` would have come to the same.
pub(crate) fn same_until(chosen: &Chosen, next: usize) {
    with_choices(|choices| {
        if let Some(choice) = choices.path.get_mut(chosen.nth) {
            // What is left out must come to the same whatever happens after the choice.
            choice.next = Some(choice.next.map_or(next, |known| known.min(next)));
        }
    });
}

fn with_choices<T>(change: impl FnOnce(&mut Choices) -> T) -> Option<T> {
    CURRENT.with_borrow(|current| Some(change(&mut lock(current.as_ref()?))))
}

fn lock(choices: &Mutex<Choices>) -> MutexGuard<'_, Choices> {
    choices.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The result of a run, when it is over.
pub(crate) struct Told(Arc<Mutex<Choices>>);

impl Told {
    pub(crate) fn tally(self) -> Tally {
        CURRENT.set(None);
        std::mem::take(&mut lock(&self.0).tally)
    }
}

impl Explorer {
    /// A scheduler for at most `most` schedules, and what will tell what they have come to.
    pub(crate) fn new(strategy: Strategy, most: u64) -> (Explorer, Told) {
        let choices = Arc::new(Mutex::new(Choices {
            strategy,
            path: Vec::new(),
            position: 0,
            random: 0,
            tally: Tally::default(),
        }));
        CURRENT.set(Some(Arc::clone(&choices)));
        let explorer = Explorer {
            choices: Arc::clone(&choices),
            most,
            preemptions: 0,
        };
        (explorer, Told(choices))
    }
}

impl Choices {
    /// Goes to the next order of the tree: the last choice that has another side takes it.
    fn backtrack(&mut self) -> bool {
        while let Some(last) = self.path.last_mut() {
            let next = last.next.take().unwrap_or(0).max(last.taken + 1);
            if next < last.of {
                last.taken = next;
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// One of `of`, as the strategy says; of the first `free` ones, where preemptions are limited.
    fn choose(&mut self, of: usize, free: usize) -> usize {
        let nth = self.position;
        self.position += 1;
        let taken = match &self.strategy {
            Strategy::Replay { choices } => {
                let digit = choices
                    .chars()
                    .nth(nth)
                    .and_then(|digit| digit.to_digit(36));
                digit.map_or(0, |digit| digit as usize).min(of - 1)
            }
            Strategy::Sample { .. } => (next(&mut self.random) % of as u64) as usize,
            Strategy::Every { .. } => {
                if nth == self.path.len() {
                    self.path.push(Choice {
                        taken: 0,
                        of: free,
                        next: None,
                    });
                }
                self.path[nth].taken
            }
        };
        let digit = char::from_digit(taken as u32, 36).unwrap_or('0');
        self.tally.choices.push(digit);
        taken
    }

    /// Begins the next schedule, if there is one.
    fn begin(&mut self, most: u64) -> bool {
        let begun = self.tally.begun;
        if begun > 0 && record::record().fault.is_some() {
            return false;
        }
        let more = match self.strategy {
            Strategy::Every { .. } => begun == 0 || self.backtrack(),
            Strategy::Sample { .. } => true,
            Strategy::Replay { .. } => begun == 0,
        };
        if !more || begun == most {
            self.tally.done = !more;
            return false;
        }
        if let Strategy::Sample { seed } = self.strategy {
            self.random = seed.wrapping_add(begun.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        self.position = 0;
        self.tally.begun += 1;
        self.tally.choices.clear();
        true
    }
}

impl Scheduler for Explorer {
    fn new_execution(&mut self) -> Option<Schedule> {
        if !lock(&self.choices).begin(self.most) {
            return None;
        }
        record::begin();
        turn::begin();
        self.preemptions = 0;
        Some(Schedule::new(0))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        _: bool,
    ) -> Option<TaskId> {
        let (tasks, doing) = match turn::next(runnable, current)? {
            Turn::Only(task) => return Some(turn::given(task)),
            Turn::Among(tasks, doing) => (tasks, doing),
        };
        let mut choices = lock(&self.choices);
        let of = tasks.len().min(MOST_CHOICES);
        let spent = matches!(choices.strategy, Strategy::Every { preemptions } if self.preemptions >= preemptions);
        // What may still be chosen once no preemption is left.
        let free = match doing {
            Running::GoesOn if spent => 1,
            Running::Yields if spent => (tasks.len() - 1).min(of),
            _ => of,
        };
        choices.tally.pruned |= free < tasks.len();
        let taken = choices.choose(of, free);
        self.preemptions += match doing {
            Running::GoesOn => u32::from(taken > 0),
            Running::Yields => u32::from(taken + 1 == tasks.len()),
            Running::Waits => 0,
        };
        Some(turn::given(tasks[taken]))
    }

    fn next_u64(&mut self) -> u64 {
        next(&mut lock(&self.choices).random)
    }
}

/// splitmix64: small, and the same everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
