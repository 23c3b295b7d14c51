//! Thousands of random histories of a semaphore, each checked against what must always hold: no permit is lost or made,
//! nobody sleeps while there is enough for it, and whoever came first goes first.

use std::pin::Pin;
use std::task::Poll;

use sync::{Closed, Semaphore, SemaphorePermit};

use crate::poll::{Flag, polls};

/// A small generator (xorshift64*): the same seed gives the same history everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
}

type Acquiring<'a> = Pin<Box<dyn Future<Output = Result<SemaphorePermit<'a>, Closed>> + 'a>>;

struct Waiting<'a> {
    number: usize,
    amount: usize,
    future: Acquiring<'a>,
    flag: Flag,
}

struct History<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
    /// In the order of their coming.
    waiting: Vec<Waiting<'a>>,
    held: Vec<SemaphorePermit<'a>>,
    next: usize,
    /// Who got in last of those that had to wait.
    last_in: usize,
}

impl History<'_> {
    fn step(&mut self, dice: &mut Dice) {
        match dice.roll(8) {
            0..=2 => self.come(1 + dice.roll(3)),
            3 | 4 if !self.held.is_empty() => {
                drop(self.held.swap_remove(dice.roll(self.held.len())));
            }
            5 if !self.waiting.is_empty() => {
                drop(self.waiting.remove(dice.roll(self.waiting.len())));
            }
            6 if !self.waiting.is_empty() => self.poll(dice.roll(self.waiting.len())),
            7 => {
                let amount = 1 + dice.roll(3);
                if let Ok(permit) = self.semaphore.try_acquire_many(amount) {
                    assert_eq!(permit.num_permits(), amount);
                    self.held.push(permit);
                }
            }
            _ => {}
        }
    }

    fn come(&mut self, amount: usize) {
        self.next += 1;
        let semaphore = self.semaphore;
        self.waiting.push(Waiting {
            number: self.next,
            amount,
            future: Box::pin(semaphore.acquire_many(amount)),
            flag: Flag::new(),
        });
        self.poll(self.waiting.len() - 1);
    }

    fn poll(&mut self, at: usize) {
        let waiting = &mut self.waiting[at];
        if let Poll::Ready(permit) = polls(&mut waiting.future, &waiting.flag) {
            let permit = permit.expect("it is not closed");
            assert_eq!(permit.num_permits(), waiting.amount);
            self.held.push(permit);
            let number = self.waiting.remove(at).number;
            self.last_in = self.last_in.max(number);
        }
    }

    /// Polls what was woken until nothing is, as a scheduler would.
    fn run_woken(&mut self) {
        while let Some(at) = self.waiting.iter().position(|waiting| waiting.flag.take()) {
            self.poll(at);
        }
    }

    /// Once all that was woken has run.
    fn check(&self) {
        let free = self.semaphore.available_permits();
        let held: usize = self.held.iter().map(SemaphorePermit::num_permits).sum();
        assert_eq!(free + held, self.permits, "a permit was lost or made");
        if let Some(first) = self.waiting.first() {
            assert!(
                first.amount > free,
                "the first sleeps beside enough permits"
            );
            assert!(
                first.number > self.last_in,
                "number {} went in before number {}",
                self.last_in,
                first.number
            );
        }
    }
}

#[test]
fn no_history_loses_a_permit_or_leaves_anyone_asleep() {
    for seed in 1..=4_000 {
        let mut dice = Dice(seed);
        let permits = 1 + (seed % 4) as usize;
        let semaphore = Semaphore::new("history", permits);
        let mut history = History {
            semaphore: &semaphore,
            permits,
            waiting: Vec::new(),
            held: Vec::new(),
            next: 0,
            last_in: 0,
        };
        for _ in 0..80 {
            history.step(&mut dice);
            if dice.roll(4) == 0 {
                history.run_woken();
                history.check();
            }
        }
        drop(history);
        assert_eq!(semaphore.available_permits(), permits, "seed {seed}");
    }
}
