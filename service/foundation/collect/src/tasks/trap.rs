//! How a task shows where it waits.
//!
//! Whatever a task waits for has to keep the waker that it is polled with, and keeping means cloning. So the task is
//! polled with a waker whose clones are the real one's, and which notes the stack that leads to each clone: the path
//! through async functions from the task's outermost future to what it waits for. It is an ordinary poll otherwise. The
//! task loses no wake-up, nothing has to be polled twice, and it works for futures of any origin, with tokio's or without.
//!
//! The stack is walked by frame pointers, from the clone up to the frame that began the poll: some 30 steps.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, RawWaker, RawWakerVTable, Waker};
use std::thread::{self, ThreadId};

/// How deep a stack may be, and how many of them a poll may show: bounds what a task can make a dump keep.
const MAX_FRAMES: usize = 256;
const MAX_STACKS: usize = 16;

const WORD: usize = size_of::<usize>();

/// Addresses from the place where the waker was cloned to the outermost future. A caller's address is the last byte of
/// its call.
pub(super) type Stack = Box<[u64]>;

/// Calls `poll` with a context that stands for `context`, and gives the stacks that led to clones of its waker.
#[inline(never)]
pub(super) fn poll(
    context: &Context<'_>,
    poll: &mut dyn FnMut(&mut Context<'_>) -> bool,
) -> Vec<Stack> {
    let top = 0_usize;
    let trap = Trap {
        waker: context.waker(),
        thread: thread::current().id(),
        // The frame that this variable is in is above all that `poll` calls.
        top: (&raw const top).addr(),
        stacks: Mutex::new(Vec::new()),
    };
    // SAFETY: the table's functions expect a `Trap` behind the pointer. This waker is dropped before `trap` is, and no
    // copy of it outlives it, since a clone is one of `trap.waker` instead.
    let waker = unsafe { Waker::from_raw(RawWaker::new((&raw const trap).cast(), &TABLE)) };
    poll(&mut Context::from_waker(&waker));
    drop(waker);
    trap.stacks
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

/// What the waker points at. Threads that a poll shares its context with may use it too: all of it is `Sync`.
struct Trap<'a> {
    waker: &'a Waker,
    thread: ThreadId,
    top: usize,
    stacks: Mutex<Vec<Stack>>,
}

const TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, nothing);

/// Notes the stack. The clone is one of the task's own waker.
#[inline(never)]
unsafe fn clone(trap: *const ()) -> RawWaker {
    // SAFETY: the pointer is that of the waker made in `poll`, whose `Trap` lives as long as it.
    let trap = unsafe { &*trap.cast::<Trap<'_>>() };
    trap.note(frame_pointer());
    let clone = mem::ManuallyDrop::new(trap.waker.clone());
    RawWaker::new(clone.data(), clone.vtable())
}

unsafe fn wake(trap: *const ()) {
    // SAFETY: as in `clone`.
    let trap = unsafe { &*trap.cast::<Trap<'_>>() };
    trap.waker.wake_by_ref();
}

unsafe fn nothing(_trap: *const ()) {}

impl Trap<'_> {
    fn note(&self, from: usize) {
        if thread::current().id() != self.thread {
            return;
        }
        let stack = walk(from, self.top);
        // Only this thread ever locks it, and nothing in here calls what could lock it again.
        let Ok(mut stacks) = self.stacks.lock() else {
            return;
        };
        if stacks.len() < MAX_STACKS && !stacks.contains(&stack) {
            stacks.push(stack);
        }
    }
}

/// The return addresses that frame pointers lead to, from the frame at `from` up to `top`, less one each.
fn walk(from: usize, top: usize) -> Stack {
    let mut addresses = [0_u64; MAX_FRAMES];
    let mut count = 0;
    let (lowest, highest) = thread_stack();
    if lowest <= from && top <= highest {
        let mut frame = from;
        while frame < top
            && frame <= highest - 2 * WORD
            && frame.is_multiple_of(2 * WORD)
            && count < MAX_FRAMES
        {
            // SAFETY: both words are between this function's own frame and the one that `top` is in, on this thread's
            // stack, so they can be read. That they may be something else than a frame only makes the stack wrong.
            let [next, return_address] =
                unsafe { std::ptr::with_exposed_provenance::<[usize; 2]>(frame).read_volatile() };
            addresses[count] = (strip(return_address) as u64).saturating_sub(1);
            count += 1;
            if next <= frame {
                break;
            }
            frame = next;
        }
    }
    addresses[..count].into()
}

/// The frame pointer of the function that this is inlined into.
#[expect(
    clippy::inline_always,
    reason = "not inlined it would be its own frame's"
)]
#[inline(always)]
fn frame_pointer() -> usize {
    let pointer: usize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: copies a register.
    unsafe {
        std::arch::asm!("mov {}, rbp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: copies a register.
    unsafe {
        std::arch::asm!("mov {}, x29", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

/// A return address without the signature that 64-bit Arm may keep in its upper bits.
fn strip(address: usize) -> usize {
    if cfg!(target_arch = "aarch64") {
        address & 0x0000_ffff_ffff_ffff
    } else {
        address
    }
}

/// The lowest and highest address of this thread's stack; nothing if the system does not tell. Code that runs on a stack
/// of its own making is outside, and not walked.
fn thread_stack() -> (usize, usize) {
    thread_local! {
        static BOUNDS: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    }
    BOUNDS.get().unwrap_or_else(|| {
        let bounds = ask_for_stack().unwrap_or((usize::MAX, 0));
        BOUNDS.set(Some(bounds));
        bounds
    })
}

fn ask_for_stack() -> Option<(usize, usize)> {
    let mut attributes = mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: fills in the attributes of the calling thread, which exists.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) } != 0 {
        return None;
    }
    let (mut lowest, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes are filled in, are read into variables of the right types, and destroyed once.
    let result = unsafe {
        let result =
            libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        result
    };
    (result == 0).then(|| (lowest.addr(), lowest.addr() + size))
}
