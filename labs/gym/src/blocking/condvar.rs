//! Waiting under a lock for what others do under it, as `std::sync::Condvar`.

use super::{LockResult, MutexGuard};
use crate::explore::block_on;
use crate::record;
use crate::sync::{Op, at_once};
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::PoisonError;
use tokio::sync::oneshot;

/// Threads that wait for a call. A call that nobody waits for is lost.
#[derive(Debug)]
pub struct Condvar {
    waiting: std::sync::Mutex<VecDeque<oneshot::Sender<()>>>,
    resource: usize,
}

impl Condvar {
    /// Nobody waits yet.
    #[track_caller]
    pub fn new() -> Condvar {
        Condvar {
            waiting: std::sync::Mutex::default(),
            resource: record::resource("condvar", Location::caller()),
        }
    }

    /// Gives the lock back, waits for a call, and locks again: no call is missed in between.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (call, heard) = oneshot::channel();
        let mutex = guard.mutex();
        self.change(|waiting| waiting.push_back(call));
        drop(guard);
        // It waits already: nothing depends on when it says so.
        let _ = block_on(Op::join_on("be notified", self.resource, heard));
        mutex.lock()
    }

    /// Waits for as long as `holds` is true of the value.
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut holds: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while holds(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Calls who has waited longest.
    pub fn notify_one(&self) {
        let call = || {
            self.change(VecDeque::pop_front)
                .is_some_and(|caller| caller.send(()).is_ok())
        };
        at_once(self.resource, call, |heard| {
            if *heard {
                "notify one".into()
            } else {
                "notify one: nobody waits".into()
            }
        });
    }

    /// Calls all who wait now.
    pub fn notify_all(&self) {
        let call = || {
            let callers = self.change(std::mem::take);
            let count = callers.len();
            for caller in callers {
                let _ = caller.send(());
            }
            count
        };
        at_once(self.resource, call, |count| {
            format!("notify all {count}").into()
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut VecDeque<oneshot::Sender<()>>) -> T) -> T {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}
