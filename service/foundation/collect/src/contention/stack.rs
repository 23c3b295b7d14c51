//! The calling thread's own stack, by frame pointers.

#![allow(unsafe_code)]

use std::arch::asm;
use std::cell::Cell;
use std::ops::Range;
use std::ptr::with_exposed_provenance;

const WORD: usize = size_of::<usize>();
/// How many frames are kept, from the leaf.
const MOST: usize = 96;

/// Room for the addresses of a stack.
pub(super) struct Stack {
    addresses: [u64; MOST],
}

impl Stack {
    pub(super) fn new() -> Self {
        Self {
            addresses: [0; MOST],
        }
    }

    /// The addresses of the caller's callers, the leaf first, each the last byte of its call.
    #[inline(never)]
    pub(super) fn take(&mut self) -> &[u64] {
        let Range { start, end } = bounds();
        let (mut frame, mut lowest, mut depth) = (frame_pointer(), start, 0);
        // The frames of one thread lie in its stack, each above the one that it called. Whatever a function without
        // frame pointers has left in the register, no memory outside of the stack is read.
        while depth < MOST
            && frame.is_multiple_of(2 * WORD)
            && frame >= lowest
            && frame + 2 * WORD <= end
        {
            let caller = word(frame);
            let return_address = strip(word(frame + WORD));
            if return_address == 0 {
                break;
            }
            self.addresses[depth] = return_address as u64 - 1;
            depth += 1;
            lowest = frame + 2 * WORD;
            frame = caller;
        }
        &self.addresses[..depth]
    }
}

/// A return address without the signature that 64-bit Arm may keep in its upper bits.
fn strip(address: usize) -> usize {
    if cfg!(target_arch = "aarch64") {
        address & 0x0000_ffff_ffff_ffff
    } else {
        address
    }
}

#[expect(
    clippy::inline_always,
    reason = "another function's would be another frame"
)]
#[inline(always)]
fn frame_pointer() -> usize {
    let pointer: usize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: copies a register.
    unsafe {
        asm!("mov {}, rbp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: copies a register.
    unsafe {
        asm!("mov {}, x29", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

/// A word of this thread's stack.
fn word(address: usize) -> usize {
    // SAFETY: aligned and inside of the part of this thread's stack that is in use, as the caller has checked.
    unsafe { with_exposed_provenance::<usize>(address).read_volatile() }
}

/// The part of this thread's stack that is in use; empty if this is not the stack that the thread was started with.
fn bounds() -> Range<usize> {
    thread_local! {
        static STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    }
    let here = frame_pointer();
    let (low, high) = STACK.get().unwrap_or_else(|| {
        let found = thread_stack().unwrap_or((0, 0));
        STACK.set(Some(found));
        found
    });
    if (low..high).contains(&here) {
        here..high
    } else {
        0..0
    }
}

/// Where the thread's stack lies. Takes some microseconds.
fn thread_stack() -> Option<(usize, usize)> {
    // SAFETY: plain data; all-zero is valid.
    let mut attributes: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    let (mut address, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: asks for the calling thread's attributes, and puts them into a value that is given back below.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) } != 0 {
        return None;
    }
    // SAFETY: the attributes were filled in just now.
    let asked = unsafe {
        libc::pthread_attr_getstack(&raw const attributes, &raw mut address, &raw mut size)
    };
    // SAFETY: as above, once.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    (asked == 0).then(|| (address.addr(), address.addr() + size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[inline(never)]
    fn nested(depth: usize, stack: &mut Stack) -> usize {
        if depth == 0 {
            return stack.take().len();
        }
        black_box(nested(black_box(depth) - 1, stack))
    }

    #[test]
    fn a_deeper_call_has_more_frames_up_to_a_limit() {
        let run = || {
            let mut stack = Stack::new();
            let [shallow, deep, deepest] = [0, 10, 500].map(|depth| nested(depth, &mut stack));
            assert!(shallow >= 2, "{shallow} frames");
            assert_eq!(deep, (shallow + 10).min(MOST));
            assert_eq!(deepest, MOST);
        };
        run();
        std::thread::spawn(run)
            .join()
            .expect("another thread's too");
    }
}
