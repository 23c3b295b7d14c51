//! How a task shows where it waits.
//!
//! Whatever a task waits for has to keep the waker that it is polled with, and keeping means cloning. So the task is
//! polled with a waker whose clones are the real one's, and which notes the stack that leads to each clone: the path
//! through async functions from the task's outermost future to what it waits for. It is an ordinary poll otherwise. The
//! task loses no wake-up, nothing has to be polled twice, and it works for futures of any origin, with tokio's or without.
//!
//! The stack is walked by frame pointers, from the clone up to the frame that began the poll: some 30 steps.

#![allow(unsafe_code)]

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, RawWaker, RawWakerVTable, Waker};
use std::thread::{self, ThreadId};

use crate::walk::{callers, frame_pointer};

/// How deep a stack may be, and how many of them a poll may show: bounds what a task can make a dump keep.
const MAX_FRAMES: usize = 256;
const MAX_STACKS: usize = 16;

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
        let mut addresses = [0; MAX_FRAMES];
        let depth = callers(from, self.top, &mut addresses);
        let stack = Stack::from(&addresses[..depth]);
        // Only this thread ever locks it, and nothing in here calls what could lock it again.
        let Ok(mut stacks) = self.stacks.lock() else {
            return;
        };
        if stacks.len() < MAX_STACKS && !stacks.contains(&stack) {
            stacks.push(stack);
        }
    }
}
