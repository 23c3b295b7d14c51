//! Who waits for locks, channels, semaphores and pools, and who keeps others waiting: Go's *block* and *mutex* profiles.
//!
//! Both are of what the [`sync`] crate provides, blocking and async alike, and both grow from the moment they are
//! switched on: [`set_block_rate`], [`set_mutex_fraction`]. While nobody has to wait they cost nothing.
//!
//! - [`block`] blames those who waited: its stacks are theirs, where they went on. Of an async wait that is the poll that
//!   ended it, whose callers are the futures that were being awaited.
//! - [`mutex`] blames those who kept others waiting: its stacks are those of whoever released a lock, gave a permit or an
//!   item back, or took the value out of a full channel, while others waited for that. Each is charged with the time that
//!   others waited since it was last given back, so that the delays of both profiles add up to the same.
//!
//! Samples have labels: `resource` is the name of what was waited for, `kind` what that is, `task` the named task whose
//! stack it is.
//!
//! ```
//! use std::time::Duration;
//!
//! collect::contention::set_block_rate(1);
//! let queue = sync::Mutex::new("queue", 0);
//! std::thread::scope(|scope| {
//!     let held = queue.lock();
//!     let waiter = scope.spawn(|| *queue.lock() += 1);
//!     std::thread::sleep(Duration::from_millis(5));
//!     drop(held);
//!     waiter.join().expect("no panic");
//! });
//! let profile = collect::contention::block()?;
//! assert_eq!(profile.sample_types[0].kind, "contentions");
//! # collect::contention::set_block_rate(0);
//! # Ok::<(), collect::Error>(())
//! ```

mod collector;
mod report;
mod table;
#[cfg(all(own_sampler, frame_pointers))]
mod trim;

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use profile::Profile;

use crate::Error;
use collector::Collector;

static COLLECTOR: LazyLock<Arc<Collector>> = LazyLock::new(Arc::default);

/// Says which waits are in the [`block`] profile: on average one sample for so many nanoseconds spent waiting. 1 takes
/// all of them, 0, which is what a program starts with, none. As Go's `SetBlockProfileRate`.
///
/// A wait that is shorter is taken with the probability that its part of the rate is, and counts for more, so that
/// counts and delays are right on average whatever the rate.
pub fn set_block_rate(nanoseconds: u64) {
    COLLECTOR.set_block_rate(nanoseconds);
    subscribe();
}

/// What [`set_block_rate`] has set.
pub fn block_rate() -> u64 {
    COLLECTOR.block_rate()
}

/// Says how many of the contentions are in the [`mutex`] profile: one of so many on average. 1 takes all of them, 0,
/// which is what a program starts with, none. As Go's `SetMutexProfileFraction`.
pub fn set_mutex_fraction(fraction: u64) {
    COLLECTOR.set_mutex_fraction(fraction);
    subscribe();
}

/// What [`set_mutex_fraction`] has set.
pub fn mutex_fraction() -> u64 {
    COLLECTOR.mutex_fraction()
}

/// Those who waited, since the process started: how often (`contentions` in `count`), and for how long (`delay` in
/// `nanoseconds`). Empty if [`set_block_rate`] was never called.
///
/// Looking up names takes some 100 ms of CPU time: not for an async task.
///
/// # Errors
/// [`Error::System`] if the process's memory map cannot be read.
pub fn block() -> Result<Profile, Error> {
    report::profile(&COLLECTOR.block)
}

/// Those who kept others waiting, in the same form.
///
/// # Errors
/// As [`block`].
pub fn mutex() -> Result<Profile, Error> {
    report::profile(&COLLECTOR.mutex)
}

/// How many samples [`block`] has, which this does not look up the names of.
pub fn block_count() -> usize {
    COLLECTOR.block.len()
}

/// How many samples [`mutex`] has.
pub fn mutex_count() -> usize {
    COLLECTOR.mutex.len()
}

/// Whether the profiles have stacks, and why not: then they have names only, of tasks and of what they waited for.
pub(crate) fn supported() -> Result<(), &'static str> {
    if cfg!(not(own_sampler)) {
        return Err(
            "stacks need Linux on x86-64 or 64-bit Arm: these are names of tasks and of what they waited for",
        );
    }
    if cfg!(not(frame_pointers)) {
        return Err(
            "stacks need frame pointers (-C force-frame-pointers=yes in the compiler's flags): these are names of tasks and of what they waited for",
        );
    }
    Ok(())
}

/// Listens as long as there is something to collect.
fn subscribe() {
    static HOOK: Mutex<Option<sync::Guard>> = Mutex::new(None);
    let mut hook = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = block_rate() != 0 || mutex_fraction() != 0;
    if !wanted {
        *hook = None;
    } else if hook.is_none() {
        *hook = Some(sync::observe(Arc::clone(&COLLECTOR) as Arc<_>));
    }
}
