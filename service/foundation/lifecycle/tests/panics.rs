//! No panic is lost. A program of its own, because the hook is the whole process's.

use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use lifecycle::{Tracker, count_panics, panics};

/// One test: the count is the process's.
#[tokio::test]
async fn each_panic_counts_once_wherever_it_happens() {
    // What was installed before goes on hearing of panics.
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&heard);
    std::panic::set_hook(Box::new(move |panic| {
        let message = lifecycle::panic_message(panic.payload()).to_owned();
        hook.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message);
    }));
    count_panics();
    count_panics();
    assert_eq!(panics(), 0);

    std::thread::spawn(|| panic!("thread"))
        .join()
        .expect_err("it panics");
    assert_eq!(panics(), 1);

    // Nobody looks at this task's end, and it is counted all the same.
    let dropped = sync::spawn("untracked", async { panic!("untracked") });
    while !dropped.is_finished() {
        tokio::task::yield_now().await;
    }
    assert_eq!(panics(), 2);

    let tasks = Tracker::new();
    tasks.spawn("tracked", async { panic!("tracked") });
    let owner = tokio::spawn(tasks.adopt("adopted", async { panic!("adopted") }));
    owner.await.expect_err("it goes on to the owner");
    assert_eq!(tasks.drain(std::time::Duration::MAX).await.panicked, 2);
    assert_eq!(panics(), 4, "caught, logged and passed on, but once each");

    let caught = catch_unwind(|| panic!("swallowed")).expect_err("it panics");
    assert_eq!(panics(), 5);
    lifecycle::report_panic("a part of the test", &*caught);
    assert_eq!(panics(), 5, "reported later, but the same one");

    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let mut heard: Vec<_> = heard.iter().map(String::as_str).collect();
    heard.sort_unstable();
    assert_eq!(
        heard,
        ["adopted", "swallowed", "thread", "tracked", "untracked"]
    );
}
