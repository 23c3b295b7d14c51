//! Thousands of random histories of a channel, each checked against what must always hold: no value is lost or
//! delivered twice, nobody sleeps while there is something for them, values keep their order.

mod poll;

use std::collections::BTreeMap;
use std::task::Poll;

use poll::{Flag, polls};
use sync::channel::{Receiving, Sending};
use sync::{Receiver, SendError, Sender, channel};

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

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Received,
    CameBack,
    DroppedWithItsSend,
}

struct History<'a> {
    sender: &'a Sender<usize>,
    receiver: &'a Receiver<usize>,
    sends: Vec<(usize, Sending<'a, usize>, Flag)>,
    receives: Vec<(Receiving<'a, usize>, Flag)>,
    next: usize,
    /// What the test saw of each value. A send that ended well puts no fate here: its value must be received.
    fates: BTreeMap<usize, Fate>,
    sent: Vec<usize>,
}

impl History<'_> {
    fn step(&mut self, dice: &mut Dice) {
        match dice.roll(10) {
            0..=2 => {
                self.sends
                    .push((self.next, self.sender.send(self.next), Flag::new()));
                self.next += 1;
                self.poll_send(self.sends.len() - 1);
            }
            3..=5 => {
                self.receives.push((self.receiver.recv(), Flag::new()));
                self.poll_receive(self.receives.len() - 1);
            }
            6 if !self.sends.is_empty() => self.poll_send(dice.roll(self.sends.len())),
            7 if !self.receives.is_empty() => self.poll_receive(dice.roll(self.receives.len())),
            8 if !self.sends.is_empty() => self.give_up_send(dice.roll(self.sends.len())),
            9 if !self.receives.is_empty() => {
                drop(self.receives.swap_remove(dice.roll(self.receives.len())));
            }
            _ => {}
        }
    }

    fn poll_send(&mut self, at: usize) {
        let (value, send, flag) = &mut self.sends[at];
        match polls(send, flag) {
            Poll::Pending => return,
            Poll::Ready(Ok(())) => self.sent.push(*value),
            Poll::Ready(Err(SendError(back))) => {
                assert_eq!(back, *value);
                self.fate(back, Fate::CameBack);
            }
        }
        drop(self.sends.swap_remove(at));
    }

    fn poll_receive(&mut self, at: usize) {
        let (receive, flag) = &mut self.receives[at];
        match polls(receive, flag) {
            Poll::Pending => return,
            Poll::Ready(Some(value)) => self.fate(value, Fate::Received),
            Poll::Ready(None) => {
                assert!(
                    self.receiver.is_closed() && self.receiver.is_empty(),
                    "the end was told too early"
                );
            }
        }
        drop(self.receives.swap_remove(at));
    }

    fn give_up_send(&mut self, at: usize) {
        let (value, mut send, _) = self.sends.swap_remove(at);
        match send.cancel() {
            Some(back) => {
                assert_eq!(back, value);
                self.fate(value, Fate::DroppedWithItsSend);
            }
            // The channel has it: it must be received.
            None => self.sent.push(value),
        }
    }

    fn fate(&mut self, value: usize, fate: Fate) {
        let before = self.fates.insert(value, fate);
        assert_eq!(before, None, "value {value} has a second fate, {fate:?}");
    }

    /// Polls what was woken until nothing is, as a scheduler would.
    fn run_woken(&mut self) {
        loop {
            if let Some(at) = self.sends.iter().position(|(.., flag)| flag.take()) {
                self.poll_send(at);
            } else if let Some(at) = self.receives.iter().position(|(_, flag)| flag.take()) {
                self.poll_receive(at);
            } else {
                return;
            }
        }
    }

    /// Once all that was woken has run, a waiting receiver and something to receive cannot both be there.
    fn check_nobody_sleeps_on_a_value(&self) {
        let something = !self.receiver.is_empty() || !self.sends.is_empty();
        assert!(
            self.receives.is_empty() || !something,
            "a receiver sleeps beside a value"
        );
        assert!(
            self.sends.is_empty() || self.receiver.len() == self.receiver.capacity(),
            "a sender sleeps beside room"
        );
    }
}

fn play(seed: u64, capacity: usize, steps: usize) {
    let mut dice = Dice(seed);
    let (sender, receiver) = channel("history", capacity);
    let mut history = History {
        sender: &sender,
        receiver: &receiver,
        sends: Vec::new(),
        receives: Vec::new(),
        next: 0,
        fates: BTreeMap::new(),
        sent: Vec::new(),
    };
    for _ in 0..steps {
        history.step(&mut dice);
        if dice.roll(4) == 0 {
            history.run_woken();
            history.check_nobody_sleeps_on_a_value();
        }
    }
    sender.close();
    history.run_woken();
    assert!(history.sends.is_empty(), "a send sleeps after the close");
    if receiver.is_empty() {
        assert!(
            history.receives.is_empty(),
            "a receive sleeps after the close"
        );
    }
    history.receives.clear();
    while let Poll::Ready(Some(value)) = polls(&mut receiver.recv(), &Flag::new()) {
        history.fate(value, Fate::Received);
    }
    for value in 0..history.next {
        let fate = history.fates.get(&value);
        let expected = if history.sent.contains(&value) {
            Some(&Fate::Received)
        } else {
            fate
        };
        assert!(
            fate.is_some() && fate == expected,
            "value {value}: {fate:?} after seed {seed}, capacity {capacity}"
        );
    }
}

#[test]
fn no_history_loses_a_value_or_leaves_anyone_asleep() {
    for seed in 1..=4_000 {
        play(seed, (seed % 4) as usize, 60);
    }
}
