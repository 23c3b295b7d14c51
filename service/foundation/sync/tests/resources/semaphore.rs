//! The semaphore, driven by hand and by many tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use sync::{Closed, Semaphore, TryAcquireError};
use tokio::task::yield_now;

use crate::poll::{Flag, poll, polls};

#[test]
fn permits_are_taken_and_given_back() {
    let semaphore = Semaphore::new("stoves", 3);
    let two = semaphore.try_acquire_many(2).expect("there are three");
    assert_eq!((two.num_permits(), semaphore.available_permits()), (2, 1));
    let refused = semaphore.try_acquire_many(2).expect_err("one is left");
    assert_eq!(refused, TryAcquireError::NoPermits);
    drop(two);
    assert_eq!(semaphore.available_permits(), 3);
    semaphore.try_acquire().expect("free").forget();
    assert_eq!(semaphore.available_permits(), 2, "one is gone for good");
    semaphore.add_permits(2);
    assert_eq!(semaphore.available_permits(), 4);
    assert!(poll(&mut Box::pin(semaphore.acquire_many(0))).is_ready());
}

#[test]
fn one_that_wants_many_is_not_overtaken() {
    let semaphore = Semaphore::new("stoves", 2);
    let held = semaphore.try_acquire().expect("free");
    let (mut many, mut few) = (
        Box::pin(semaphore.acquire_many(2)),
        Box::pin(semaphore.acquire()),
    );
    assert!(poll(&mut many).is_pending());
    assert!(
        poll(&mut few).is_pending(),
        "there is a permit, but it was not the first"
    );
    assert!(semaphore.try_acquire().is_err());
    drop(held);
    let Poll::Ready(Ok(both)) = poll(&mut many) else {
        panic!("two are free");
    };
    assert!(poll(&mut few).is_pending());
    drop(both);
    assert!(poll(&mut few).is_ready());
}

#[test]
fn a_wait_that_is_given_up_takes_nothing_and_lets_those_behind_go() {
    let semaphore = Semaphore::new("stoves", 1);
    let held = semaphore.try_acquire().expect("free");
    let (first, second) = (Flag::new(), Flag::new());
    let mut many = Box::pin(semaphore.acquire_many(5));
    let mut one = Box::pin(semaphore.acquire());
    assert!(polls(&mut many, &first).is_pending());
    assert!(polls(&mut one, &second).is_pending());
    drop(held);
    assert!(!second.take(), "it is not its turn");
    drop(many);
    assert!(second.take());
    // Granted, but not polled again: the permit goes back.
    assert_eq!(semaphore.available_permits(), 0);
    drop(one);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_closed_semaphore_refuses_and_keeps_what_was_taken_valid() {
    let semaphore = Semaphore::new("stoves", 1);
    let held = semaphore.try_acquire().expect("free");
    let flag = Flag::new();
    let mut waiting = Box::pin(semaphore.acquire());
    assert!(polls(&mut waiting, &flag).is_pending());
    semaphore.close();
    semaphore.close();
    assert!(flag.take());
    assert_eq!(
        poll(&mut waiting).map(Result::err),
        Poll::Ready(Some(Closed))
    );
    assert_eq!(semaphore.try_acquire().err(), Some(TryAcquireError::Closed));
    assert!(semaphore.is_closed());
    drop(held);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn owned_permits_outlive_the_handle() {
    let semaphore = Arc::new(Semaphore::new("stoves", 2));
    let one = Arc::clone(&semaphore).try_acquire_owned().expect("free");
    let mut two = Box::pin(Arc::clone(&semaphore).acquire_many_owned(2));
    assert!(poll(&mut two).is_pending());
    drop(semaphore);
    drop(one);
    let Poll::Ready(Ok(two)) = poll(&mut two) else {
        panic!("both are free");
    };
    assert_eq!(two.num_permits(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_inside_than_there_are_permits() {
    const PERMITS: usize = 5;
    let semaphore = Arc::new(Semaphore::new("crowd", PERMITS));
    let inside = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for task in 0..12 {
        let (semaphore, inside) = (Arc::clone(&semaphore), Arc::clone(&inside));
        tasks.push(sync::spawn("visitor", async move {
            for round in 0..400 {
                let want = 1 + (task + round) % PERMITS;
                let patience = (task * 7 + round) % 5;
                let permit = tokio::select! {
                    biased;
                    permit = semaphore.acquire_many(want) => permit.expect("open"),
                    () = async { for _ in 0..patience { yield_now().await; } } => continue,
                };
                let now = inside.fetch_add(want, Ordering::SeqCst) + want;
                assert!(now <= PERMITS, "{now} inside");
                yield_now().await;
                inside.fetch_sub(want, Ordering::SeqCst);
                drop(permit);
            }
        }));
    }
    for task in tasks {
        task.await.expect("no task panics");
    }
    assert_eq!(semaphore.available_permits(), PERMITS);
}
