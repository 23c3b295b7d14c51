//! From a record to a stack of addresses.
//!
//! Frame pointers alone miss a frame wherever the interrupted function has not set up its own: in its first and last
//! instructions, and in all of a C library. So the first steps are made by the unwind tables that every object carries,
//! on the copy of the stack's top that the handler took, until they meet the chain of frame pointers.

use std::collections::HashMap;

use gimli::{CfaRule, Register, RegisterRule};

use super::ring::{Record, Registers};
use super::stack::strip;
use crate::symbolize::{Maps, Tables};

/// How many steps are made by unwind tables before the chain of frame pointers has to do.
const MAX_STEPS: usize = 32;
const WORD: usize = size_of::<usize>();

#[cfg(target_arch = "x86_64")]
const NUMBERS: (Register, Register) = (gimli::X86_64::RSP, gimli::X86_64::RBP);
#[cfg(target_arch = "aarch64")]
const NUMBERS: (Register, Register) = (gimli::AArch64::SP, gimli::AArch64::X29);
const STACK_POINTER: Register = NUMBERS.0;
const FRAME_POINTER: Register = NUMBERS.1;

/// Makes stacks of records. Reads what it needs of the process's objects as it goes.
#[derive(Default)]
pub(super) struct Unwinder {
    pub(super) maps: Maps,
    /// The tables of the objects seen, by where they are mapped.
    tables: HashMap<u64, Option<Tables>>,
    /// The rules at the addresses seen.
    rules: HashMap<usize, Option<Rule>>,
}

impl Unwinder {
    pub(super) fn new(maps: Maps) -> Self {
        Self {
            maps,
            ..Self::default()
        }
    }

    /// The addresses of a record's stack, the leaf first. A caller's is the last byte of its call, so that it belongs to
    /// the line of the call and not to what comes after it.
    pub(super) fn addresses(&mut self, record: &Record) -> Vec<u64> {
        let mut addresses = vec![record.registers.pc as u64];
        let mut at = record.registers;
        for _ in 0..MAX_STEPS {
            let Some(rule) = self.rule(at.pc) else {
                break;
            };
            let frame_end = rule.frame_end(&at);
            if let Some(from) = rule.link(record, frame_end) {
                self.append_chain(&mut addresses, record, from);
                return addresses;
            }
            let Some(caller) = rule.caller(&at, record, frame_end) else {
                break;
            };
            if caller.pc == 0 {
                return addresses;
            }
            addresses.push(caller.pc as u64);
            at = caller;
        }
        let above = |link: &super::ring::Link| link.frame_pointer >= at.sp;
        if let Some(from) = record.chain.iter().position(above) {
            self.append_chain(&mut addresses, record, from);
        }
        addresses
    }

    /// Adds the frames of the chain as long as they are in code.
    fn append_chain(&mut self, addresses: &mut Vec<u64>, record: &Record, from: usize) {
        for link in &record.chain[from..] {
            let call = link.return_address as u64 - 1;
            if !self.is_code(call) {
                return;
            }
            addresses.push(call);
        }
    }

    fn is_code(&mut self, address: u64) -> bool {
        if self.maps.find(address).is_none() {
            self.reread();
        }
        self.maps.find(address).is_some()
    }

    /// Objects may have been mapped since; what is known of the others stays.
    fn reread(&mut self) {
        if let Ok(maps) = Maps::read() {
            self.maps = maps;
        }
    }

    fn rule(&mut self, pc: usize) -> Option<Rule> {
        if let Some(rule) = self.rules.get(&pc) {
            return *rule;
        }
        let rule = self.find_rule(pc as u64);
        self.rules.insert(pc, rule);
        rule
    }

    fn find_rule(&mut self, pc: u64) -> Option<Rule> {
        if !self.is_code(pc) {
            return None;
        }
        let mapped = self.maps.find(pc)?;
        let tables = self
            .tables
            .entry(mapped.start)
            .or_insert_with(|| self.maps.with_object(mapped, Tables::read).flatten());
        rule_at(tables.as_ref()?, pc)
    }
}

/// How to get from a function's registers to its caller's, at one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    /// The frame's end lies so far from the frame pointer (otherwise from the stack pointer).
    from_frame_pointer: bool,
    offset: i64,
    return_address: Kept,
    frame_pointer: Kept,
}

impl Rule {
    /// The stack pointer before the call.
    fn frame_end(&self, registers: &Registers) -> usize {
        let base = if self.from_frame_pointer {
            registers.fp
        } else {
            registers.sp
        };
        base.wrapping_add_signed(self.offset as isize)
    }

    /// Where the chain has this frame: the link whose return address is kept where the rule says it is.
    fn link(&self, record: &Record, frame_end: usize) -> Option<usize> {
        let Kept::At(offset) = self.return_address else {
            return None;
        };
        let kept = frame_end.wrapping_add_signed(offset as isize);
        let links = record.chain.iter();
        links
            .map(|link| link.frame_pointer.wrapping_add(WORD))
            .position(|address| address == kept)
    }

    /// The caller's registers, `pc` being the last byte of its call; 0 if there is no caller. None if the stack's copy does
    /// not reach that far.
    fn caller(&self, at: &Registers, record: &Record, frame_end: usize) -> Option<Registers> {
        if frame_end < at.sp {
            return None;
        }
        let word_at = |offset: i64| word(record, frame_end.wrapping_add_signed(offset as isize));
        let return_address = match self.return_address {
            Kept::At(offset) => word_at(offset)?,
            Kept::InRegister => at.lr,
            Kept::Nowhere => 0,
        };
        let fp = match self.frame_pointer {
            Kept::At(offset) => word_at(offset)?,
            Kept::InRegister | Kept::Nowhere => at.fp,
        };
        Some(Registers {
            pc: strip(return_address).saturating_sub(1),
            sp: frame_end,
            fp,
            lr: 0,
        })
    }
}

/// A word of the stack's copy.
fn word(record: &Record, address: usize) -> Option<usize> {
    let offset = address.checked_sub(record.registers.sp)?;
    (offset % WORD == 0).then(|| record.stack.get(offset / WORD).copied())?
}

/// The rule at an address of the memory.
fn rule_at(tables: &Tables, pc: u64) -> Option<Rule> {
    tables.with_row(pc, |return_address, row| {
        let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else {
            return None;
        };
        let from_frame_pointer = register == FRAME_POINTER;
        if !from_frame_pointer && register != STACK_POINTER {
            return None;
        }
        Some(Rule {
            from_frame_pointer,
            offset,
            return_address: Kept::new(row.register(return_address).as_ref())?,
            frame_pointer: Kept::new(row.register(FRAME_POINTER).as_ref())?,
        })
    })
}

/// Where a caller's register is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// So far from the frame's end.
    At(i64),
    /// Still in the register.
    InRegister,
    /// Nowhere: there is no caller.
    Nowhere,
}

impl Kept {
    /// What a table says of a register. Nothing said means that it has not been touched. None for ways of keeping it that
    /// compilers use in places like signal trampolines only.
    fn new(rule: Option<&RegisterRule<usize>>) -> Option<Self> {
        match rule {
            Some(RegisterRule::Offset(offset)) => Some(Self::At(*offset)),
            Some(RegisterRule::SameValue) | None => Some(Self::InRegister),
            Some(RegisterRule::Undefined) => Some(Self::Nowhere),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::linux::ring::Link;

    const SP: usize = 0x7000;

    /// A function that has pushed three words and keeps the frame pointer's register for something else.
    const PUSHED: Rule = Rule {
        from_frame_pointer: false,
        offset: 4 * WORD as i64,
        return_address: Kept::At(-(WORD as i64)),
        frame_pointer: Kept::At(-2 * WORD as i64),
    };

    fn record() -> Record {
        Record {
            registers: Registers {
                pc: 0x100,
                sp: SP,
                fp: 13,
                lr: 0x300,
            },
            stack: vec![1, 2, 0x7100, 0x200],
            chain: vec![Link {
                frame_pointer: 0x7100,
                return_address: 0x201,
            }],
            ..Record::default()
        }
    }

    #[test]
    fn registers_are_taken_from_the_stacks_copy() {
        let record = record();
        let end = PUSHED.frame_end(&record.registers);
        assert_eq!(PUSHED.link(&record, end), None);
        let caller = Registers {
            pc: 0x1ff,
            sp: SP + 4 * WORD,
            fp: 0x7100,
            lr: 0,
        };
        assert_eq!(PUSHED.caller(&record.registers, &record, end), Some(caller));
    }

    #[test]
    fn the_chain_is_met_where_the_return_address_is_kept() {
        let record = record();
        let framed = Rule {
            from_frame_pointer: true,
            offset: 2 * WORD as i64,
            ..PUSHED
        };
        let caller = Registers {
            fp: 0x7100,
            ..record.registers
        };
        let end = framed.frame_end(&caller);
        assert_eq!(framed.link(&record, end), Some(0));
        assert_eq!(
            framed.caller(&caller, &record, end),
            None,
            "beyond the copy"
        );
    }

    #[test]
    fn a_leaf_may_have_its_return_address_in_a_register() {
        let record = record();
        let leaf = Rule {
            offset: 0,
            return_address: Kept::InRegister,
            frame_pointer: Kept::InRegister,
            ..PUSHED
        };
        let caller = leaf.caller(&record.registers, &record, SP);
        assert_eq!(
            caller.map(|caller| (caller.pc, caller.fp)),
            Some((0x2ff, 13))
        );
        let outermost = Rule {
            return_address: Kept::Nowhere,
            ..leaf
        };
        let caller = outermost.caller(&record.registers, &record, SP);
        assert_eq!(caller.map(|caller| caller.pc), Some(0));
    }
}
