//! What a name and a hook cost: operations that need not wait beside those of the standard library, parking_lot and
//! tokio; those that do; and an event told.
//!
//! ```text
//! cargo bench -p sync
//! ```
//!
//! Nanoseconds for one operation with its release, in rounds by turns: the median, and the quickest round, which is what
//! it costs when nothing else disturbs.

use std::cell::RefCell;
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use sync::{Event, Interest, Observer, observe};

const ROUNDS: usize = 21;
const TIMES: u32 = 400_000;

/// Something done over and over, and its name.
type Work<'a> = (&'static str, Box<dyn Fn() + 'a>);

fn main() {
    let (std_mutex, std_rwlock) = (std::sync::Mutex::new(0), std::sync::RwLock::new(0));
    let (parking_mutex, parking_rwlock) = (parking_lot::Mutex::new(0), parking_lot::RwLock::new(0));
    let mutex = sync::Mutex::new("mutex", 0);
    let rwlock = sync::RwLock::new("rwlock", 0);
    let tokio_mutex = tokio::sync::Mutex::new(0);
    let async_mutex = sync::AsyncMutex::new("async mutex", 0);
    let tokio_semaphore = tokio::sync::Semaphore::new(1);
    let semaphore = sync::Semaphore::new("semaphore", 1);
    let uncontended: [Work<'_>; 10] = [
        (
            "Mutex of std",
            Box::new(|| *black_box(&std_mutex).lock().expect("no panic") += 1),
        ),
        (
            "Mutex of parking_lot",
            Box::new(|| *black_box(&parking_mutex).lock() += 1),
        ),
        ("Mutex", Box::new(|| *black_box(&mutex).lock() += 1)),
        (
            "RwLock of std, read",
            Box::new(|| _ = black_box(*std_rwlock.read().expect("no panic"))),
        ),
        (
            "RwLock of parking_lot, read",
            Box::new(|| _ = black_box(*parking_rwlock.read())),
        ),
        ("RwLock, read", Box::new(|| _ = black_box(*rwlock.read()))),
        (
            "Mutex of tokio",
            Box::new(|| *at_once(tokio_mutex.lock()) += 1),
        ),
        ("AsyncMutex", Box::new(|| *at_once(async_mutex.lock()) += 1)),
        (
            "Semaphore of tokio",
            Box::new(|| drop(at_once(tokio_semaphore.acquire()))),
        ),
        ("Semaphore", Box::new(|| drop(at_once(semaphore.acquire())))),
    ];
    println!("without waiting, nobody listens");
    measure(&uncontended);
    println!("  the same in two threads, a mutex each");
    print("Mutex", in_two_threads());

    let ours: [Work<'_>; 4] = [
        ("Mutex", Box::new(|| *black_box(&mutex).lock() += 1)),
        ("RwLock, read", Box::new(|| _ = black_box(*rwlock.read()))),
        ("AsyncMutex", Box::new(|| *at_once(async_mutex.lock()) += 1)),
        ("Semaphore", Box::new(|| drop(at_once(semaphore.acquire())))),
    ];
    println!("without waiting, somebody listens to contention");
    let listener = observe(Arc::new(Listener));
    measure(&ours);
    drop(listener);

    println!("without waiting, a recorder listens to everything: two events each");
    let recorder = observe(Arc::new(Recorder));
    measure(&ours);
    println!("  the same in two threads, a mutex each");
    print("Mutex", in_two_threads());
    drop(recorder);
    let clock: [Work<'_>; 1] = [(
        "clock, read once for each event",
        Box::new(|| _ = black_box(Instant::now())),
    )];
    measure(&clock);

    let waits: [Work<'_>; 2] = [
        (
            "Semaphore of tokio",
            Box::new(|| {
                let held = tokio_semaphore.try_acquire().expect("it is free");
                wait_for(tokio_semaphore.acquire(), || drop(held));
            }),
        ),
        (
            "Semaphore",
            Box::new(|| {
                let held = semaphore.try_acquire().expect("it is free");
                wait_for(semaphore.acquire(), || drop(held));
            }),
        ),
    ];
    println!("with a wait, nobody listens");
    measure(&waits);
    println!("with a wait, somebody listens to contention");
    let listener = observe(Arc::new(Listener));
    measure(&waits[1..]);
    drop(listener);
    println!("with a wait, a recorder listens to everything: eight events");
    let _recorder = observe(Arc::new(Recorder));
    measure(&waits[1..]);
}

fn measure(works: &[Work<'_>]) {
    let mut times = vec![Vec::new(); works.len()];
    for _ in 0..ROUNDS {
        for ((_, work), times) in works.iter().zip(&mut times) {
            times.push(round(work));
        }
    }
    for ((name, _), times) in works.iter().zip(times) {
        print(name, times);
    }
}

fn round(work: impl Fn()) -> f64 {
    let start = Instant::now();
    for _ in 0..TIMES {
        work();
    }
    start.elapsed().as_nanos() as f64 / f64::from(TIMES)
}

fn print(name: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    println!(
        "    {name:<36} {:>8.1} {:>8.1}",
        times[times.len() / 2],
        times[0]
    );
}

fn in_two_threads() -> Vec<f64> {
    let start = Barrier::new(2);
    let one = || {
        let mutex = sync::Mutex::new("own", 0);
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            start.wait();
            times.push(round(|| *black_box(&mutex).lock() += 1));
        }
        times
    };
    thread::scope(|scope| {
        let other = scope.spawn(one);
        let mine = one();
        let theirs = other.join().expect("no panic");
        mine.into_iter()
            .zip(theirs)
            .map(|(mine, theirs)| mine.max(theirs))
            .collect()
    })
}

/// The output of a future that does not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nobody holds it"),
    }
}

/// A future that waits until `let_go` is done.
fn wait_for<F: Future>(future: F, let_go: impl FnOnce()) {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    assert!(future.as_mut().poll(&mut context).is_pending());
    let_go();
    assert!(future.poll(&mut context).is_ready());
}

/// Hears of contention, and does nothing with it.
struct Listener;

impl Observer for Listener {
    fn event(&self, at: Instant, event: &Event<'_>) {
        black_box((at, event));
    }

    fn interest(&self) -> Interest {
        Interest::Contention
    }
}

/// Writes each event down in a buffer of its thread.
struct Recorder;

thread_local! {
    static BUFFER: RefCell<Vec<(Instant, u64, u64)>> = RefCell::new(Vec::with_capacity(4096));
}

impl Observer for Recorder {
    fn event(&self, at: Instant, event: &Event<'_>) {
        let (Event::Acquired { task, resource, .. }
        | Event::Released { task, resource, .. }
        | Event::WaitStarted { task, resource, .. }
        | Event::WaitEnded { task, resource, .. }) = event
        else {
            return;
        };
        BUFFER.with_borrow_mut(|buffer| {
            if buffer.len() == buffer.capacity() {
                buffer.clear();
            }
            buffer.push((at, task.map_or(0, sync::TaskId::get), resource.get()));
        });
    }
}
