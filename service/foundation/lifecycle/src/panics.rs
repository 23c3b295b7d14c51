//! The count of panics.

use std::any::Any;
use std::cell::RefCell;
use std::panic::Location;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static PANICS: AtomicU64 = AtomicU64::new(0);
/// The hook counts: whoever reports a panic does not count it once more.
static HOOKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Where the last panic of this thread was, until it is reported.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// How many panics there were in this process: with [`count_panics`] all of them, on any thread, caught or not. Without
/// it those of tasks in a [`Tracker`](crate::Tracker), and those that others caught and passed to [`report_panic`].
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Counts every panic of this process from now on, at the moment it happens: also those of plain threads, of tasks that
/// nobody tracks and whose handle was dropped, and those that somebody catches and keeps to himself.
///
/// It does so by a panic hook in front of the one that is installed, which is run afterwards: by default the standard
/// library's, which writes message and place to the error output. The hook takes no lock and writes no log, because the
/// code that panicked may hold the log's locks. Call it once, early in `main`; further calls do nothing. A hook that is
/// installed later must run the one before it, or panics are not counted any more.
///
/// # Panics
/// On a thread that is panicking.
pub fn count_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::Relaxed);
            remember(panic.location());
            before(panic);
        }));
        HOOKED.store(true, Ordering::Relaxed);
    });
}

/// Logs a panic that was caught, and counts it unless [`count_panics`] did. `what` says what panicked, as in
/// `task "mailer"`.
pub fn report_panic(what: &str, payload: &(dyn Any + Send)) {
    if !HOOKED.load(Ordering::Relaxed) {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }
    let location = PLACE.try_with(RefCell::take).ok().flatten();
    tracing::error!(what, message = panic_message(payload), location, "panic");
}

/// The message of a caught panic.
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(message) = payload.downcast_ref::<&'static str>() {
        message
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message
    } else {
        "(a panic without a message)"
    }
}

/// For the report, which is made where the panic is caught: on the same thread. A thread that is ending has no memory.
fn remember(place: Option<&Location<'_>>) {
    let place = place.map(ToString::to_string);
    let _ending = PLACE.try_with(|last| last.try_borrow_mut().map(|mut last| *last = place));
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any};

    use super::*;

    #[test]
    fn messages_of_every_kind_of_payload() {
        let thrown: [(fn(), &str); 3] = [
            (|| panic!("plain"), "plain"),
            (|| panic!("{} formatted", 1), "1 formatted"),
            (|| panic_any(7), "(a panic without a message)"),
        ];
        for (throw, expected) in thrown {
            let payload = catch_unwind(throw).expect_err("it panics");
            assert_eq!(panic_message(&*payload), expected);
        }
    }
}
