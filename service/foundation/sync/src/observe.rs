//! The one hook that hears what tasks and resources do.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwapOption;

pub(crate) use crate::event::Event;

/// Hears what happens in this process from the moment it is installed with [`observe`].
pub trait Observer: Send + Sync {
    /// Is called where the event happens, with the time at which it did.
    ///
    /// Events of one resource come one after another, in their true order, because they are told while the resource
    /// is locked; the two of [`Interest::Contention`] come after that, in no particular order. So be quick, and use
    /// nothing of this crate in here other than [`current`](crate::current): events that an observer causes are not
    /// told to anyone.
    fn event(&self, at: Instant, event: &Event<'_>);

    /// What it wants to hear. Asked once, when it is installed.
    fn interest(&self) -> Interest {
        Interest::All
    }
}

/// What an [`Observer`] wants to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interest {
    /// Only [`Event::Waited`] and [`Event::HeldUp`]: nothing is told, no clock is read until somebody has to wait.
    Contention,
    /// Everything but polls.
    All,
    /// Everything, and each poll of each named task: [`Event::PollStarted`] and [`Event::PollEnded`]. There are many.
    Polls,
}

impl Interest {
    /// What must be listening for an event to be told: bits of [`LISTENING`].
    fn bits(self) -> u8 {
        match self {
            Self::Contention => CONTENTION,
            Self::All => CONTENTION | ALL,
            Self::Polls => CONTENTION | ALL | POLLS,
        }
    }

    /// Whether who has this interest hears what is told to that one.
    fn covers(self, other: Self) -> bool {
        self.bits() & other.bits() == other.bits()
    }
}

/// Somebody wants to hear of contention.
const CONTENTION: u8 = 1;
/// Somebody wants to hear of everything but polls.
const ALL: u8 = 2;
/// Somebody wants to hear of polls.
const POLLS: u8 = 4;

/// What is listened to: the one thing that an operation looks at while nobody does.
static LISTENING: AtomicU8 = AtomicU8::new(0);
/// Read at each event without a lock, and without a counter that threads would fight for.
static SUBSCRIBERS: ArcSwapOption<Vec<Subscriber>> = ArcSwapOption::const_empty();

#[derive(Clone)]
struct Subscriber {
    id: u64,
    interest: Interest,
    observer: Arc<dyn Observer>,
}

thread_local! {
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Installs an observer. It stays until the guard is dropped; several may be installed at once.
///
/// It hears nothing of what happened before: list the tasks that run already with [`alive`](crate::alive).
#[must_use = "dropping the guard removes the observer at once"]
pub fn observe(observer: Arc<dyn Observer>) -> Guard {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let interest = observer.interest();
    change(|subscribers| {
        subscribers.push(Subscriber {
            id,
            interest,
            observer,
        });
    });
    Guard { id }
}

/// Keeps an observer installed; removes it when dropped. What is being told on another thread at that moment is still
/// told.
#[derive(Debug)]
pub struct Guard {
    id: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        change(|subscribers| subscribers.retain(|subscriber| subscriber.id != self.id));
    }
}

fn change(edit: impl FnOnce(&mut Vec<Subscriber>)) {
    static CHANGING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let one_at_a_time = crate::recover(CHANGING.lock());
    let mut next = SUBSCRIBERS.load().as_deref().cloned().unwrap_or_default();
    edit(&mut next);
    let listening = next
        .iter()
        .fold(0, |bits, subscriber| bits | subscriber.interest.bits());
    let before = SUBSCRIBERS.swap((!next.is_empty()).then(|| Arc::new(next)));
    LISTENING.store(listening, Ordering::Relaxed);
    // An observer that ends here may use the hook itself.
    drop(one_at_a_time);
    drop(before);
}

/// True while anyone wants to hear everything.
#[inline]
pub(crate) fn all() -> bool {
    LISTENING.load(Ordering::Relaxed) & ALL != 0
}

/// True while anyone wants to hear of contention.
#[inline]
pub(crate) fn contention() -> bool {
    LISTENING.load(Ordering::Relaxed) != 0
}

/// Tells the event to everyone who wants to hear everything; it is not even built when nobody does.
#[inline]
pub(crate) fn tell<'a>(event: impl FnOnce() -> Event<'a>) {
    if all() {
        tell_now(Interest::All, &event());
    }
}

/// Tells the event as [`tell`] does, with a time that was read for another one of the same moment, if one was.
#[inline]
pub(crate) fn tell_since<'a>(at: Option<Instant>, event: impl FnOnce() -> Event<'a>) {
    if all() {
        tell_at(Interest::All, at.unwrap_or_else(Instant::now), &event());
    }
}

/// Tells the beginning or the end of a poll.
#[inline]
pub(crate) fn tell_poll<'a>(event: impl FnOnce() -> Event<'a>) {
    if LISTENING.load(Ordering::Relaxed) & POLLS != 0 {
        tell_now(Interest::Polls, &event());
    }
}

/// Tells an event of contention.
#[inline]
pub(crate) fn tell_contention<'a>(at: Instant, event: impl FnOnce() -> Event<'a>) {
    if contention() {
        tell_at(Interest::Contention, at, &event());
    }
}

#[cold]
fn tell_now(interest: Interest, event: &Event<'_>) {
    tell_at(interest, Instant::now(), event);
}

/// Tells the event to those whose interest covers this one.
#[cold]
pub(crate) fn tell_at(interest: Interest, at: Instant, event: &Event<'_>) {
    if TELLING.replace(true) {
        return;
    }
    let _telling = Telling;
    for subscriber in SUBSCRIBERS.load().iter().flat_map(|all| all.iter()) {
        if subscriber.interest.covers(interest) {
            subscriber.observer.event(at, event);
        }
    }
}

/// Ends the telling even when an observer panics.
struct Telling;

impl Drop for Telling {
    fn drop(&mut self) {
        TELLING.set(false);
    }
}
