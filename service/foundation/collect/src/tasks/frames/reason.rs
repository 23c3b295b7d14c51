//! What a task waits for, in a word or two: Go's where Go has one.

use crate::tasks::Frame;

/// What a word stands for: a function on the way to the wait that contains the first, and one that contains the second.
/// The first row that fits says it, so the more special ones come first.
const WORDS: [(&str, &str, &str); 24] = [
    ("tokio::signal", "", "signal"),
    ("tokio::process", "", "process"),
    ("sync::pool", "", "pool"),
    ("sync::async_mutex", "", "mutex"),
    ("sync::async_rwlock", "", "rwlock"),
    ("sync::channel", "send", "chan send"),
    ("sync::channel", "receiv", "chan receive"),
    ("tokio::sync::mpsc", "batch_semaphore", "chan send"),
    ("tokio::sync::mpsc", "", "chan receive"),
    ("tokio::sync::broadcast", "", "chan receive"),
    ("tokio::sync::oneshot", "", "chan receive"),
    ("tokio::sync::watch", "", "watch"),
    ("tokio::sync::mutex", "", "mutex"),
    ("tokio::sync::rwlock", "", "rwlock"),
    ("semaphore", "", "semaphore"),
    ("tokio::sync::barrier", "", "barrier"),
    ("tokio_util::sync::cancellation_token", "", "cancellation"),
    ("tokio::sync::notify", "", "notify"),
    ("tokio::runtime::task::join", "", "join"),
    ("tokio::task::join_set", "", "join"),
    ("tokio::fs", "", "file"),
    ("tokio::runtime::io", "", "IO wait"),
    ("tokio::task::yield_now", "", "yield"),
    ("tokio::runtime::time", "", SLEEP),
];

const SLEEP: &str = "sleep";

/// The word for one stack, not yet trimmed.
pub(super) fn of_stack(frames: &[Frame]) -> Option<&'static str> {
    let has = |part: &str| frames.iter().any(|frame| frame.name.contains(part));
    let mut words = WORDS.iter().filter(|(part, ..)| has(part));
    let (.., word) = words.find(|(_, also, _)| has(also))?;
    Some(word)
}

/// The word for a task that waits in several places. Two of them are a wait with a timeout, which is not a choice.
pub(super) fn of_all(reasons: &[Option<&'static str>]) -> &'static str {
    match reasons {
        [] | [None] => "waiting",
        [Some(reason)] | [Some(reason), Some(SLEEP)] | [Some(SLEEP), Some(reason)] => reason,
        _ => "select",
    }
}
