//! What it costs to go from one to another: each wakes the other and waits to be woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use lab_kit::anyhow::{Result, anyhow};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::cores::{Core, stay_on};
use crate::median;

/// How often each wakes the other in a measurement, and of how many of those the median is taken.
const ROUNDS: u32 = 2_000;
const TIMES: usize = 7;

/// How long it takes from where one wakes the other to where that one has gone on and does the same, in nanoseconds.
pub(crate) struct Switch {
    pub(crate) one_core: Option<u64>,
    pub(crate) two_cores: Option<u64>,
}

/// Between two tasks: of one worker, and of two threads on a core each.
pub(crate) fn tasks(cores: &[Core]) -> Result<Switch> {
    let one = cores.first().copied();
    let two = cores.get(1).copied();
    Ok(Switch {
        one_core: Some(apart(one, move || same_worker(one))?),
        two_cores: two
            .map(|two| apart(one, move || main_and_worker(two)))
            .transpose()?,
    })
}

/// Between two threads: of one core, and of two.
pub(crate) fn threads(cores: &[Core]) -> Result<Switch> {
    let between = |first: Option<&Core>, second: Option<&Core>| {
        let (Some(first), Some(second)) = (first.copied(), second.copied()) else {
            return Ok(None);
        };
        apart(Some(first), move || Ok(parking(second))).map(Some)
    };
    Ok(Switch {
        one_core: between(cores.first(), cores.first())?,
        two_cores: between(cores.first(), cores.get(1))?,
    })
}

/// Measures in a thread of its own, which stays on a core.
fn apart(core: Option<Core>, measure: impl Fn() -> Result<u64> + Send + 'static) -> Result<u64> {
    let thread = thread::spawn(move || {
        if let Some(core) = core {
            stay_on(core);
        }
        let all = (0..TIMES).map(|_| measure()).collect::<Result<_>>()?;
        Ok(median(all))
    });
    thread
        .join()
        .map_err(|_| anyhow!("a measurement of switches panicked"))?
}

/// One worker runs both: the runtime takes the next task from a queue in memory.
fn same_worker(core: Option<Core>) -> Result<u64> {
    let runtime = worker(core)?;
    let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let second = runtime.spawn(answer(Arc::clone(&ping), Arc::clone(&pong)));
    let first = runtime.spawn(ask(ping, pong));
    runtime.block_on(async {
        second.await?;
        Ok(each(first.await?))
    })
}

/// What `main` awaits is no task: it runs on the thread that called `block_on`, and a task that it wakes on a worker.
fn main_and_worker(other: Core) -> Result<u64> {
    let runtime = worker(Some(other))?;
    let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let second = runtime.spawn(answer(Arc::clone(&ping), Arc::clone(&pong)));
    runtime.block_on(async {
        let took = ask(ping, pong).await;
        second.await?;
        Ok(each(took))
    })
}

async fn ask(ping: Arc<Notify>, pong: Arc<Notify>) -> Duration {
    let began = Instant::now();
    for _ in 0..ROUNDS {
        ping.notify_one();
        pong.notified().await;
    }
    began.elapsed()
}

async fn answer(ping: Arc<Notify>, pong: Arc<Notify>) {
    for _ in 0..ROUNDS {
        ping.notified().await;
        pong.notify_one();
    }
}

fn worker(core: Option<Core>) -> Result<Runtime> {
    let stay = move || {
        if let Some(core) = core {
            stay_on(core);
        }
    };
    Ok(Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(stay)
        .build()?)
}

/// The kernel puts one thread to sleep and lets the other run.
fn parking(other: Core) -> u64 {
    let ping = Arc::new(Bell::default());
    let pong = Arc::new(Bell::default());
    let (their_ping, their_pong, asker) = (Arc::clone(&ping), Arc::clone(&pong), thread::current());
    let answerer = thread::spawn(move || {
        stay_on(other);
        for _ in 0..ROUNDS {
            their_ping.wait();
            their_pong.ring(&asker);
        }
    });
    let began = Instant::now();
    for _ in 0..ROUNDS {
        ping.ring(answerer.thread());
        pong.wait();
    }
    let took = began.elapsed();
    // It does nothing that could panic.
    let _ended = answerer.join();
    each(took)
}

/// `Notify` for threads.
#[derive(Default)]
struct Bell(AtomicBool);

impl Bell {
    fn ring(&self, sleeper: &Thread) {
        self.0.store(true, Ordering::Release);
        sleeper.unpark();
    }

    fn wait(&self) {
        // `park` may return without a reason.
        while !self.0.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// There and back is two switches.
fn each(took: Duration) -> u64 {
    u64::try_from(took.as_nanos() / u128::from(2 * ROUNDS)).unwrap_or(u64::MAX)
}
