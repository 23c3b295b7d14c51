//! Mutexes and read-write locks, blocking and async.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;

use sync::{AsyncMutex, AsyncRwLock, Mutex, RwLock};
use tokio::task::yield_now;

use crate::poll::{Flag, poll, polls};

const THREADS: usize = 4;
const EACH: usize = 5_000;

#[test]
fn a_mutex_lets_one_in_at_a_time() {
    static TOTAL: Mutex<usize> = Mutex::const_new("total", 0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..EACH {
                    let mut total = TOTAL.lock();
                    let before = *total;
                    if round % 500 == 0 {
                        thread::yield_now();
                    }
                    *total = before + 1;
                }
            });
        }
    });
    assert_eq!(*TOTAL.lock(), THREADS * EACH);
    assert_eq!(TOTAL.name(), "total");
    assert_eq!(TOTAL.id(), TOTAL.id());
}

#[test]
fn a_panic_releases_a_lock_and_leaves_the_value_as_it_was() {
    let mutex = Mutex::new("fragile", 1);
    let lock = RwLock::new("fragile", 1);
    catch_unwind(AssertUnwindSafe(|| {
        let (mut value, mut other) = (mutex.lock(), lock.write());
        (*value, *other) = (2, 3);
        panic!("half way");
    }))
    .expect_err("it panics");
    assert_eq!(*mutex.lock(), 2);
    assert_eq!(*mutex.try_lock().expect("free"), 2);
    assert_eq!(*lock.read(), 3);
    assert_eq!(*lock.try_write().expect("free"), 3);
    assert_eq!((mutex.into_inner(), lock.into_inner()), (2, 3));
}

#[test]
fn trying_takes_what_is_free_only() {
    let mut mutex = Mutex::new("tried", [1, 2]);
    {
        let held = mutex.lock();
        assert!(mutex.try_lock().is_none());
        assert_eq!(held.len(), 2);
    }
    mutex.get_mut()[0] = 5;
    assert_eq!(format!("{:?}", mutex.lock()), "[5, 2]");
    assert!(format!("{mutex:?}").contains("tried"));

    let mut lock = RwLock::new(format!("lock {}", 7), 1);
    assert_eq!(lock.name(), "lock 7");
    {
        let _reading = lock.read();
        assert!(lock.try_read().is_some());
        assert!(lock.try_write().is_none());
    }
    {
        let _writing = lock.write();
        assert!(lock.try_read().is_none());
    }
    *lock.get_mut() += 1;
    assert_eq!(*lock.read(), 2);
}

#[test]
fn readers_never_see_a_write_half_done() {
    let lock = RwLock::new("pair", (0, 0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH / 4 {
                    let mut pair = lock.write();
                    pair.0 += 1;
                    pair.1 += 1;
                }
            });
            scope.spawn(|| {
                for _ in 0..EACH / 4 {
                    let pair = lock.read();
                    assert_eq!(pair.0, pair.1);
                }
            });
        }
    });
    assert_eq!(*lock.read(), (THREADS * (EACH / 4), THREADS * (EACH / 4)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn async_locks_let_one_in_at_a_time_although_some_give_up() {
    let mutex = Arc::new(AsyncMutex::new("total", 0_usize));
    let lock = Arc::new(AsyncRwLock::new("pair", (0_usize, 0_usize)));
    let got = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for task in 0..8 {
        let (mutex, lock, got) = (Arc::clone(&mutex), Arc::clone(&lock), Arc::clone(&got));
        tasks.push(sync::spawn("worker", async move {
            for round in 0..500 {
                let patience = (task + round) % 4;
                tokio::select! {
                    biased;
                    mut total = mutex.lock() => {
                        let before = *total;
                        yield_now().await;
                        *total = before + 1;
                        got.fetch_add(1, Ordering::Relaxed);
                    }
                    () = yields(patience) => {}
                }
                tokio::select! {
                    biased;
                    mut pair = lock.write() => {
                        pair.0 += 1;
                        yield_now().await;
                        pair.1 += 1;
                    }
                    () = yields(patience) => {}
                }
                let pair = lock.read().await;
                assert_eq!(pair.0, pair.1);
            }
        }));
    }
    for task in tasks {
        task.await.expect("no task panics");
    }
    assert_eq!(*mutex.lock().await, got.load(Ordering::Relaxed));
}

async fn yields(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

#[test]
fn async_locks_go_in_turn_and_a_turn_can_be_given_up() {
    let mutex = AsyncMutex::new("in turn", ());
    let held = mutex.try_lock().expect("free");
    let (mut first, mut second, mut third) = (
        Box::pin(mutex.lock()),
        Box::pin(mutex.lock()),
        Box::pin(mutex.lock()),
    );
    let flags = [Flag::new(), Flag::new(), Flag::new()];
    assert!(polls(&mut first, &flags[0]).is_pending());
    assert!(polls(&mut second, &flags[1]).is_pending());
    assert!(polls(&mut third, &flags[2]).is_pending());
    drop(first);
    drop(held);
    assert!(!flags[0].take());
    assert!(flags[1].take(), "the second is the first now");
    assert!(mutex.try_lock().is_none(), "it is promised to the second");
    // Woken, and gives up all the same: the third is let in.
    drop(second);
    assert!(flags[2].take());
    assert!(polls(&mut third, &flags[2]).is_ready());
}

#[test]
fn owned_guards_outlive_their_mutex() {
    let mutex = Arc::new(AsyncMutex::new("owned", String::from("a")));
    let mut guard = Arc::clone(&mutex).try_lock_owned().expect("free");
    let waiting = Arc::clone(&mutex).lock_owned();
    drop(mutex);
    let mut waiting = Box::pin(waiting);
    assert!(poll(&mut waiting).is_pending());
    guard.push('b');
    drop(guard);
    let Poll::Ready(guard) = poll(&mut waiting) else {
        panic!("it was released");
    };
    drop(waiting);
    assert_eq!(*guard, "ab");

    let lock = Arc::new(AsyncRwLock::new("owned", 1));
    let reading = Arc::clone(&lock).try_read_owned().expect("free");
    assert!(Arc::clone(&lock).try_write_owned().is_none());
    let mut writing = Box::pin(Arc::clone(&lock).write_owned());
    assert!(poll(&mut writing).is_pending());
    assert!(
        Arc::clone(&lock).try_read_owned().is_none(),
        "the writer came first"
    );
    drop(reading);
    let Poll::Ready(mut guard) = poll(&mut writing) else {
        panic!("the reader is gone");
    };
    *guard += 1;
    drop((guard, writing));
    let mut reading = Box::pin(Arc::clone(&lock).read_owned());
    assert!(poll(&mut reading).is_ready());
    drop(reading);
    let lock = Arc::try_unwrap(lock).expect("the last one");
    assert_eq!(lock.into_inner(), 2);
}

/// A task whose lock is always free still lets others run: there is a budget, as with tokio's own.
#[tokio::test(flavor = "current_thread")]
async fn a_free_lock_does_not_starve_other_tasks() {
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    sync::spawn(
        "other",
        async move { count.fetch_add(1, Ordering::Relaxed) },
    );
    let mutex = AsyncMutex::new("free", 0);
    for _ in 0..10_000 {
        *mutex.lock().await += 1;
    }
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}
