//! Which task goes next: every order in turn, a sample of them, or one that is known.

use crate::explore::turn::{self, Running, Turn};
use crate::record;
use shuttle_engine::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::sync::{Arc, Mutex, PoisonError};

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

/// What a run over schedules has come to; shared, because the engine owns the scheduler.
#[derive(Debug, Default)]
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

/// The scheduler, for [`shuttle_engine::Runner`].
pub(crate) struct Explorer {
    strategy: Strategy,
    most: u64,
    tally: Arc<Mutex<Tally>>,
    path: Vec<Choice>,
    position: usize,
    preemptions: u32,
    random: u64,
}

#[derive(Clone, Copy)]
struct Choice {
    taken: usize,
    of: usize,
}

impl Explorer {
    pub(crate) fn new(strategy: Strategy, most: u64, tally: Arc<Mutex<Tally>>) -> Explorer {
        Explorer {
            strategy,
            most,
            tally,
            path: Vec::new(),
            position: 0,
            preemptions: 0,
            random: 0,
        }
    }

    fn tally<T>(&self, change: impl FnOnce(&mut Tally) -> T) -> T {
        change(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes to the next order of the tree: the last choice that has another side takes it.
    fn backtrack(&mut self) -> bool {
        while let Some(last) = self.path.last_mut() {
            if last.taken + 1 < last.of {
                last.taken += 1;
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
                    self.path.push(Choice { taken: 0, of: free });
                }
                self.path[nth].taken
            }
        };
        let digit = char::from_digit(taken as u32, 36).unwrap_or('0');
        self.tally(|tally| tally.choices.push(digit));
        taken
    }
}

impl Scheduler for Explorer {
    fn new_execution(&mut self) -> Option<Schedule> {
        let begun = self.tally(|tally| tally.begun);
        if begun > 0 && record::record().fault.is_some() {
            return None;
        }
        let more = match self.strategy {
            Strategy::Every { .. } => begun == 0 || self.backtrack(),
            Strategy::Sample { .. } => true,
            Strategy::Replay { .. } => begun == 0,
        };
        if !more || begun == self.most {
            self.tally(|tally| tally.done = !more);
            return None;
        }
        if let Strategy::Sample { seed } = self.strategy {
            self.random = seed.wrapping_add(begun.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        record::begin();
        turn::begin();
        self.position = 0;
        self.preemptions = 0;
        self.tally(|tally| {
            tally.begun += 1;
            tally.choices.clear();
        });
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
        let of = tasks.len().min(MOST_CHOICES);
        let spent = matches!(self.strategy, Strategy::Every { preemptions } if self.preemptions >= preemptions);
        // What may still be chosen once no preemption is left.
        let free = match doing {
            Running::GoesOn if spent => 1,
            Running::Yields if spent => (tasks.len() - 1).min(of),
            _ => of,
        };
        if free < tasks.len() {
            self.tally(|tally| tally.pruned = true);
        }
        let taken = self.choose(of, free);
        self.preemptions += match doing {
            Running::GoesOn => u32::from(taken > 0),
            Running::Yields => u32::from(taken + 1 == tasks.len()),
            Running::Waits => 0,
        };
        Some(turn::given(tasks[taken]))
    }

    fn next_u64(&mut self) -> u64 {
        next(&mut self.random)
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
