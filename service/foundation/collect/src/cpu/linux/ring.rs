//! What the signal handler writes to: a ring of records, made of atomics so that no lock and no allocation is needed.
//!
//! Any number of threads write, one reads. Each slot has a sequence number that says whose turn it is (Dmitry Vyukov's
//! bounded queue): equal to the position it will be written at, one more once it has been written, and a lap more once it
//! has been read. A writer that finds no free slot counts its sample as lost.

use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

/// How many return addresses a record holds, from the leaf up; deeper stacks lose their roots.
pub(super) const MAX_DEPTH: usize = 192;
/// How many words of the stack's top a record holds: 1 KiB.
pub(super) const STACK_WORDS: usize = 128;

/// How much of the stack a writer reads at a time: 4 KiB.
pub(super) const WINDOW_WORDS: usize = 512;

const NAME_WORDS: usize = 16 / size_of::<usize>();

/// One frame found by its frame pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// The frame pointer: where the caller's frame pointer and, after it, the return address are kept.
    pub(super) frame_pointer: usize,
    /// The address that the frame's function returns to.
    pub(super) return_address: usize,
}

/// The registers of the interrupted thread that unwinding needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Registers {
    pub(super) pc: usize,
    pub(super) sp: usize,
    pub(super) fp: usize,
    /// The return address of a function that has not saved it; 0 where there is no such register.
    pub(super) lr: usize,
}

/// A signal that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signal {
    /// For how many samples it stands.
    pub(super) weight: usize,
    /// The thread whose own timer sent it; 0 if it was the process's.
    pub(super) timer_of: i32,
}

/// A record as the reader gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) registers: Registers,
    /// The thread's name, padded with zeros.
    pub(super) thread: [u8; 16],
    /// What it stands for.
    pub(super) signal: Signal,
    /// The top of the stack, from the stack pointer up.
    pub(super) stack: Vec<usize>,
    /// Frames, the innermost first.
    pub(super) chain: Vec<Link>,
}

/// The ring.
pub(super) struct Ring {
    slots: Box<[Slot]>,
    /// The position to be written next.
    head: AtomicUsize,
    /// The position to be read next. Only the reader moves it.
    tail: AtomicUsize,
    lost: AtomicU64,
}

impl Ring {
    /// A ring with room for a quarter of a second of samples, but not more than 40 MB.
    pub(super) fn for_rate(samples_per_second: usize) -> Self {
        Self::with_slots(
            (samples_per_second / 4)
                .clamp(256, 4096)
                .next_power_of_two(),
        )
    }

    fn with_slots(count: usize) -> Self {
        Self {
            slots: (0..count).map(Slot::new).collect(),
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
        }
    }

    /// A free slot, to be written and then published. None if all are taken: the signal's samples are lost.
    pub(super) fn claim(&self, signal: Signal) -> Option<Claim<'_>> {
        let mut position = self.head.load(Ordering::Relaxed);
        loop {
            let slot = self.slot(position)?;
            let ahead = slot.sequence.load(Ordering::Acquire).wrapping_sub(position) as isize;
            if ahead < 0 {
                self.lost.fetch_add(signal.weight as u64, Ordering::Relaxed);
                return None;
            }
            let next = position.wrapping_add(1);
            let head = &self.head;
            position = match ahead {
                0 => match head.compare_exchange_weak(
                    position,
                    next,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                ) {
                    Ok(_) => {
                        slot.weight.store(signal.weight, Ordering::Relaxed);
                        slot.timer_of.store(signal.timer_of, Ordering::Relaxed);
                        return Some(Claim { slot, position });
                    }
                    Err(moved) => moved,
                },
                _ => head.load(Ordering::Relaxed),
            };
        }
    }

    /// The oldest record. For one reader only.
    pub(super) fn take(&self) -> Option<Record> {
        let position = self.tail.load(Ordering::Relaxed);
        let slot = self.slot(position)?;
        if slot.sequence.load(Ordering::Acquire) != position.wrapping_add(1) {
            return None;
        }
        let record = slot.read();
        let next_lap = position.wrapping_add(self.slots.len());
        slot.sequence.store(next_lap, Ordering::Release);
        self.tail.store(position.wrapping_add(1), Ordering::Relaxed);
        Some(record)
    }

    /// How many records have been written.
    pub(super) fn taken(&self) -> u64 {
        self.head.load(Ordering::Relaxed) as u64
    }

    /// How many samples found no free slot.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The slot of a position. It is always there; `get` because a handler must not be able to panic.
    fn slot(&self, position: usize) -> Option<&Slot> {
        self.slots.get(position & (self.slots.len() - 1))
    }
}

/// Where a record is kept. All but the sequence is written and read relaxed: the sequence orders it.
struct Slot {
    sequence: AtomicUsize,
    registers: [AtomicUsize; 4],
    thread: [AtomicUsize; NAME_WORDS],
    weight: AtomicUsize,
    timer_of: AtomicI32,
    stack_len: AtomicUsize,
    stack: [AtomicUsize; STACK_WORDS],
    chain_len: AtomicUsize,
    chain: [[AtomicUsize; 2]; MAX_DEPTH],
    /// Where the writer keeps what it reads of the rest of the stack: a thread's own stack may have no room for it.
    window: [AtomicUsize; WINDOW_WORDS],
}

impl Slot {
    fn new(sequence: usize) -> Self {
        Self {
            sequence: AtomicUsize::new(sequence),
            registers: zeros(),
            thread: zeros(),
            weight: AtomicUsize::new(0),
            timer_of: AtomicI32::new(0),
            stack_len: AtomicUsize::new(0),
            stack: zeros(),
            chain_len: AtomicUsize::new(0),
            chain: [const { [const { AtomicUsize::new(0) }; 2] }; MAX_DEPTH],
            window: zeros(),
        }
    }

    fn read(&self) -> Record {
        let get = |word: &AtomicUsize| word.load(Ordering::Relaxed);
        let [pc, sp, fp, lr] = &self.registers;
        let link = |[frame_pointer, return_address]: &[AtomicUsize; 2]| Link {
            frame_pointer: get(frame_pointer),
            return_address: get(return_address),
        };
        let mut thread = [0; 16];
        for (bytes, word) in thread
            .chunks_exact_mut(size_of::<usize>())
            .zip(&self.thread)
        {
            bytes.copy_from_slice(&get(word).to_ne_bytes());
        }
        Record {
            registers: Registers {
                pc: get(pc),
                sp: get(sp),
                fp: get(fp),
                lr: get(lr),
            },
            thread,
            signal: Signal {
                weight: get(&self.weight),
                timer_of: self.timer_of.load(Ordering::Relaxed),
            },
            stack: self
                .stack
                .iter()
                .take(get(&self.stack_len))
                .map(get)
                .collect(),
            chain: self
                .chain
                .iter()
                .take(get(&self.chain_len))
                .map(link)
                .collect(),
        }
    }
}

/// A slot being written. A claim that is not published would block the reader: dropping it publishes.
pub(super) struct Claim<'a> {
    slot: &'a Slot,
    position: usize,
}

impl Claim<'_> {
    /// Begins the record anew.
    pub(super) fn set(&self, registers: Registers, thread: [u8; 16]) {
        let Registers { pc, sp, fp, lr } = registers;
        for (word, value) in self.slot.registers.iter().zip([pc, sp, fp, lr]) {
            word.store(value, Ordering::Relaxed);
        }
        for (word, bytes) in self
            .slot
            .thread
            .iter()
            .zip(thread.chunks_exact(size_of::<usize>()))
        {
            let value = bytes.try_into().map_or(0, usize::from_ne_bytes);
            word.store(value, Ordering::Relaxed);
        }
        self.slot.stack_len.store(0, Ordering::Relaxed);
        self.clear_chain();
    }

    /// Where the words of the stack's top are to be put, and then how many have been.
    pub(super) fn stack(&self) -> &[AtomicUsize; STACK_WORDS] {
        &self.slot.stack
    }

    pub(super) fn set_stack_len(&self, words: usize) {
        self.slot.stack_len.store(words, Ordering::Relaxed);
    }

    /// Room for what is read of the rest of the stack.
    pub(super) fn window(&self) -> &[AtomicUsize; WINDOW_WORDS] {
        &self.slot.window
    }

    /// The words of the stack added so far.
    pub(super) fn words(&self) -> impl Iterator<Item = usize> {
        let len = self.slot.stack_len.load(Ordering::Relaxed);
        self.slot
            .stack
            .iter()
            .take(len)
            .map(|word| word.load(Ordering::Relaxed))
    }

    /// Adds a frame; false if there is no room.
    pub(super) fn push_link(&self, link: Link) -> bool {
        let len = self.depth();
        let Some([frame_pointer, return_address]) = self.slot.chain.get(len) else {
            return false;
        };
        frame_pointer.store(link.frame_pointer, Ordering::Relaxed);
        return_address.store(link.return_address, Ordering::Relaxed);
        self.slot.chain_len.store(len + 1, Ordering::Relaxed);
        true
    }

    /// How many frames have been added.
    pub(super) fn depth(&self) -> usize {
        self.slot.chain_len.load(Ordering::Relaxed)
    }

    /// Takes the frames back.
    pub(super) fn clear_chain(&self) {
        self.slot.chain_len.store(0, Ordering::Relaxed);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let written = self.position.wrapping_add(1);
        self.slot.sequence.store(written, Ordering::Release);
    }
}

fn zeros<const N: usize>() -> [AtomicUsize; N] {
    [const { AtomicUsize::new(0) }; N]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Signal = Signal {
        weight: 1,
        timer_of: 0,
    };

    fn write(ring: &Ring, pc: usize) -> bool {
        let Some(claim) = ring.claim(ONE) else {
            return false;
        };
        claim.set(
            Registers {
                pc,
                ..Registers::default()
            },
            *b"a thread\0\0\0\0\0\0\0\0",
        );
        claim.stack()[0].store(pc + 1, Ordering::Relaxed);
        claim.set_stack_len(1);
        claim.push_link(Link {
            frame_pointer: pc + 2,
            return_address: pc + 3,
        })
    }

    #[test]
    fn records_come_back_in_order_lap_after_lap() {
        let ring = Ring::with_slots(4);
        for lap in 0..3 {
            for pc in 0..4 {
                assert!(write(&ring, lap * 10 + pc));
            }
            assert!(!write(&ring, 99), "the fifth finds no room");
            for pc in 0..4 {
                let pc = lap * 10 + pc;
                let record = ring.take().expect("a record");
                assert_eq!(record.registers.pc, pc);
                assert_eq!(&record.thread[..8], b"a thread");
                assert_eq!(record.stack, [pc + 1]);
                assert_eq!(
                    record.chain,
                    [Link {
                        frame_pointer: pc + 2,
                        return_address: pc + 3
                    }]
                );
            }
            assert_eq!(ring.take(), None);
        }
        assert_eq!((ring.taken(), ring.lost()), (12, 3));
    }

    #[test]
    fn a_record_takes_no_more_than_it_has_room_for() {
        let ring = Ring::with_slots(1);
        let claim = ring.claim(ONE).expect("a slot");
        claim.set(Registers::default(), [0; 16]);
        claim.set_stack_len(1000);
        let links = (0..1000)
            .filter(|_| claim.push_link(Link::default()))
            .count();
        drop(claim);
        assert_eq!(links, MAX_DEPTH);
        let record = ring.take().expect("a record");
        assert_eq!(
            (record.stack.len(), record.chain.len()),
            (STACK_WORDS, MAX_DEPTH)
        );
    }

    #[test]
    fn many_writers_lose_nothing_but_what_is_counted() {
        let ring = Ring::with_slots(64);
        let mut seen = Vec::new();
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|t| {
                    let ring = &ring;
                    scope.spawn(move || {
                        (0..5_000)
                            .filter(|i| write(ring, t * 1_000_000 + i))
                            .count()
                    })
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                seen.extend(std::iter::from_fn(|| ring.take()));
            }
            let written: usize = writers
                .into_iter()
                .map(|w| w.join().expect("a writer"))
                .sum();
            seen.extend(std::iter::from_fn(|| ring.take()));
            assert_eq!(seen.len(), written);
        });
        assert_eq!(seen.len() as u64 + ring.lost(), 20_000);
        assert!(
            seen.iter().all(|r| r.stack == [r.registers.pc + 1]),
            "no record is torn"
        );
    }
}
