//! Reading the interrupted thread's registers and stack. All of it runs inside of the signal handler: nothing here
//! allocates, locks or can panic.

#![allow(unsafe_code)]

use super::ring::{Claim, Link, Registers, STACK_WORDS};

const WORD: usize = size_of::<usize>();
/// The smallest page there is: on a system with larger ones each is looked at several times.
const PAGE: usize = 4096;
/// How far above a frame its caller's may be: a stack of tokio's is 2 MiB, the main thread's 8.
const MAX_FRAME: usize = 8 << 20;
/// How many words from the top are searched for a saved frame pointer when the register does not hold one.
const SEARCHED_WORDS: usize = 48;

/// The registers in the context that a signal handler is given.
///
/// # Safety
/// `context` is the third argument of a handler installed with `SA_SIGINFO`.
pub(super) unsafe fn registers(context: *const libc::c_void) -> Registers {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel has put an `ucontext_t` there, and it stays while the handler runs.
    let machine = unsafe { &(*context).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    let register = |index: i32| {
        machine
            .gregs
            .get(index as usize)
            .map_or(0, |value| *value as usize)
    };
    #[cfg(target_arch = "x86_64")]
    let registers = Registers {
        pc: register(libc::REG_RIP),
        sp: register(libc::REG_RSP),
        fp: register(libc::REG_RBP),
        lr: 0,
    };
    #[cfg(target_arch = "aarch64")]
    let registers = Registers {
        pc: machine.pc as usize,
        sp: machine.sp as usize,
        fp: machine.regs[29] as usize,
        lr: machine.regs[30] as usize,
    };
    registers
}

/// Notes the top of the stack and the frames that frame pointers lead to.
pub(super) fn record(claim: &Claim<'_>, registers: Registers) {
    let mut memory = Memory::default();
    for index in 0..STACK_WORDS {
        match memory.word(registers.sp.wrapping_add(index * WORD)) {
            Some(word) => claim.push_word(word),
            None => break,
        };
    }
    follow(claim, &mut memory, registers.fp, registers.sp);
    if claim.depth() == 0 {
        search(claim, &mut memory, registers.sp);
    }
}

/// C libraries are built without frame pointers and use the register for something else, but have saved it on the stack:
/// takes the first word near the top that leads to at least two frames.
fn search(claim: &Claim<'_>, memory: &mut Memory, sp: usize) {
    let mut address = sp;
    for word in claim.words().take(SEARCHED_WORDS) {
        address = address.wrapping_add(WORD);
        follow(claim, memory, word, address);
        if claim.depth() >= 2 {
            return;
        }
        claim.clear_chain();
    }
}

/// Notes the frames from `frame_pointer` up, as long as they look like frames: aligned as both architectures' calling
/// conventions have it, each above the one before and above `lowest`.
fn follow(claim: &Claim<'_>, memory: &mut Memory, mut frame_pointer: usize, mut lowest: usize) {
    while frame_pointer.is_multiple_of(16)
        && (lowest..=lowest.saturating_add(MAX_FRAME)).contains(&frame_pointer)
    {
        let (Some(next), Some(return_address)) = (
            memory.word(frame_pointer),
            memory.word(frame_pointer + WORD),
        ) else {
            return;
        };
        let link = Link {
            frame_pointer,
            return_address: strip(return_address),
        };
        if link.return_address < PAGE || !claim.push_link(link) {
            return;
        }
        lowest = frame_pointer + 2 * WORD;
        frame_pointer = next;
    }
}

/// A return address without the signature that 64-bit Arm may keep in its upper bits.
pub(super) fn strip(address: usize) -> usize {
    if cfg!(target_arch = "aarch64") {
        address & 0x0000_ffff_ffff_ffff
    } else {
        address
    }
}

/// Reads words that may not be there.
#[derive(Default)]
struct Memory {
    /// The last page that was found readable. None is at address 0.
    page: usize,
}

impl Memory {
    fn word(&mut self, address: usize) -> Option<usize> {
        if address < PAGE || !address.is_multiple_of(WORD) {
            return None;
        }
        let page = address - address % PAGE;
        if page != self.page {
            if !readable(page) {
                return None;
            }
            self.page = page;
        }
        // SAFETY: aligned, so inside of a page that could be read a moment ago. It is the running thread's own stack,
        // or looks like it, so nobody unmaps it meanwhile. Volatile: the compiler knows nothing of that memory.
        Some(unsafe { std::ptr::with_exposed_provenance::<usize>(address).read_volatile() })
    }
}

/// Whether the page at `address` can be read. The kernel is asked to apply a signal mask from there in a way that does
/// not exist: it reads the mask first, and says whether that (`EFAULT`) or the way (`EINVAL`) is wrong.
fn readable(address: usize) -> bool {
    const NO_SUCH_WAY: libc::c_int = -1;
    const MASK_SIZE: usize = 8;
    let none: *mut u8 = std::ptr::null_mut();
    // SAFETY: no such way exists, so no mask is changed; the kernel checks the address itself.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            NO_SUCH_WAY,
            address,
            none,
            MASK_SIZE,
        )
    };
    // SAFETY: the address of this thread's own errno, always valid.
    result == -1 && unsafe { *libc::__errno_location() } == libc::EINVAL
}

/// Whether the kernel (or what stands in for it) tells readable memory from other memory in that way.
pub(super) fn can_tell_readable() -> bool {
    let here = 0_usize;
    let page = (&raw const here).addr() / PAGE * PAGE;
    readable(page) && !readable(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_readable_memory_from_other() {
        assert!(can_tell_readable());
        assert!(!readable(usize::MAX / PAGE * PAGE));
        let mut memory = Memory::default();
        assert_eq!(memory.word(0), None);
        let value = 42_usize;
        let address = (&raw const value).expose_provenance();
        assert_eq!(memory.word(address), Some(42));
        assert_eq!(memory.word(address + 1), None, "not aligned");
    }
}
