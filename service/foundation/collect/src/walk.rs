//! The calling thread's own stack, by frame pointers.

#![allow(unsafe_code)]

use std::arch::asm;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::{null_mut, with_exposed_provenance};

const WORD: usize = size_of::<usize>();

/// Notes the addresses that frame pointers lead to, from the frame at `from`, which is a caller's own ([`frame_pointer`]):
/// its return address and those of all frames below `end`, each less one, so that it is the last byte of its call. Gives
/// how many there are.
///
/// Whatever a function without frame pointers has left in the register, only words between the caller's frame and the end
/// of this thread's stack are read. A stack that is not the one that the thread was started with is not walked.
#[inline(never)]
pub(crate) fn callers(from: usize, end: usize, addresses: &mut [u64]) -> usize {
    let stack = stack();
    let (mut frame, mut lowest) = (from, stack.start.max(frame_pointer()));
    for (depth, address) in addresses.iter_mut().enumerate() {
        // Frames lie each above the one that it called.
        let inside = frame >= lowest && frame.saturating_add(2 * WORD) <= stack.end;
        if !inside || frame >= end || !frame.is_multiple_of(2 * WORD) {
            return depth;
        }
        // SAFETY: both words are aligned, and between this function's own frame and the end of this thread's stack. That
        // they may be something else than a frame only makes the result wrong.
        let [next, return_address] =
            unsafe { with_exposed_provenance::<[usize; 2]>(frame).read_volatile() };
        match strip(return_address) {
            0 => return depth,
            known => *address = known as u64 - 1,
        }
        lowest = frame + 2 * WORD;
        frame = next;
    }
    addresses.len()
}

/// A return address without the signature that 64-bit Arm may keep in its upper bits.
pub(crate) fn strip(address: usize) -> usize {
    if cfg!(target_arch = "aarch64") {
        address & 0x0000_ffff_ffff_ffff
    } else {
        address
    }
}

/// The frame pointer of the function that this is inlined into.
#[expect(
    clippy::inline_always,
    reason = "not inlined it would be its own frame's"
)]
#[inline(always)]
pub(crate) fn frame_pointer() -> usize {
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

/// The stack that this thread was started with; empty if the system does not tell.
fn stack() -> Range<usize> {
    thread_local! {
        static STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    }
    let (start, end) = STACK.get().unwrap_or_else(|| {
        let found = ask_for_stack().unwrap_or((0, 0));
        STACK.set(Some(found));
        found
    });
    start..end
}

/// Takes some microseconds.
fn ask_for_stack() -> Option<(usize, usize)> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: fills in the attributes of the calling thread, which exists.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) } != 0 {
        return None;
    }
    let (mut lowest, mut size) = (null_mut(), 0);
    // SAFETY: the attributes are filled in, are read into variables of the right types, and destroyed once.
    let result = unsafe {
        let result =
            libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        result
    };
    (result == 0).then(|| (lowest.addr(), lowest.addr() + size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    const MOST: usize = 96;

    #[inline(never)]
    fn nested(depth: usize, end: usize) -> usize {
        if depth == 0 {
            return callers(frame_pointer(), end, &mut [0; MOST]);
        }
        black_box(nested(black_box(depth) - 1, end))
    }

    #[test]
    fn a_deeper_call_has_more_frames_up_to_a_limit() {
        let run = || {
            let [shallow, deep, deepest] = [0, 10, 500].map(|depth| nested(depth, usize::MAX));
            assert!(shallow >= 2, "{shallow} frames");
            assert_eq!(deep, (shallow + 10).min(MOST));
            assert_eq!(deepest, MOST);
        };
        run();
        std::thread::spawn(run)
            .join()
            .expect("another thread's too");
    }

    #[test]
    fn frames_from_the_end_on_are_left_out() {
        let end = 0_usize;
        let [shallow, deep] = [0, 10].map(|depth| nested(depth, (&raw const end).addr()));
        assert!(shallow >= 1 && deep == shallow + 10, "{shallow} {deep}");
    }

    #[test]
    fn nothing_outside_of_the_stack_is_read() {
        for from in [0, 16, WORD, usize::MAX - 15, usize::MAX] {
            assert_eq!(callers(from, usize::MAX, &mut [0; MOST]), 0, "{from:#x}");
        }
        assert_eq!(callers(frame_pointer() + 1, usize::MAX, &mut [0; MOST]), 0);
        assert_eq!(callers(frame_pointer(), usize::MAX, &mut []), 0);
    }
}
