//! One dump at a time. Who asks while one is being taken gets the next one, together with all who ask meanwhile: a dump
//! shows what was there after it was asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::watch::{self, Receiver, Sender};

use super::Dump;
use crate::Error;

/// What becomes of a dump: itself, or what of this process is in use by others. Closed without one if it panicked.
pub(super) type Outcome = Option<Result<Dump, &'static str>>;

static TURNS: Mutex<Turns> = Mutex::new(Turns {
    running: false,
    next: None,
});

struct Turns {
    /// There is a thread that takes a dump and then the next, if anybody wants it.
    running: bool,
    next: Option<Turn>,
}

struct Turn {
    deadline: Duration,
    outcome: Sender<Outcome>,
}

/// Starts a dump, or gets in line for the next. The longest of the deadlines of all who share it counts.
pub(super) fn take(deadline: Duration) -> Result<Receiver<Outcome>, Error> {
    let mut turns = lock();
    if let Some(next) = &mut turns.next {
        next.deadline = next.deadline.max(deadline);
        return Ok(next.outcome.subscribe());
    }
    let (outcome, receiver) = watch::channel(None);
    let turn = Turn { deadline, outcome };
    if turns.running {
        turns.next = Some(turn);
        return Ok(receiver);
    }
    thread::Builder::new()
        .name("task-dump".to_owned())
        .spawn(move || run(turn))
        .map_err(|source| Error::System {
            doing: "starting the thread that dumps tasks",
            source,
        })?;
    turns.running = true;
    Ok(receiver)
}

fn run(mut turn: Turn) {
    loop {
        // Those who asked may have gone while it was another's turn.
        if !turn.outcome.is_closed() {
            let dump = catch_unwind(AssertUnwindSafe(|| Dump::take(turn.deadline)));
            if let Ok(dump) = dump {
                turn.outcome.send_replace(Some(dump));
            }
        }
        let mut turns = lock();
        let Some(next) = turns.next.take() else {
            turns.running = false;
            return;
        };
        turn = next;
    }
}

fn lock() -> MutexGuard<'static, Turns> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}
