//! The count of panics that were caught.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};

static PANICS: AtomicU64 = AtomicU64::new(0);

/// How many panics were reported in this process: those of tasks in a [`Tracker`](crate::Tracker), and those that others
/// caught and passed to [`report_panic`].
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Counts and logs a panic that was caught. `what` says what panicked, as in `task "mailer"`.
pub fn report_panic(what: &str, payload: &(dyn Any + Send)) {
    PANICS.fetch_add(1, Ordering::Relaxed);
    tracing::error!(what, message = panic_message(payload), "panic");
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
