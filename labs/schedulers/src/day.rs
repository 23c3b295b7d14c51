//! A day in the shop: stock is taken, and customers ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lab_kit::anyhow::{Result, anyhow};
use lab_kit::{Context, Latency, Receiver, Timeline, channel, compute, spawn};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::sleep;

/// How much work a stocktaking is, and how long a day without one lasts.
const STOCK: Duration = Duration::from_millis(50);
/// How many desks there are. More questions than that are seldom under way.
const DESKS: usize = 4;
/// What a question costs: work, a wait for the warehouse, work again.
const WORK: Duration = Duration::from_micros(100);
const WAREHOUSE: Duration = Duration::from_millis(2);

/// Where stock is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Workers,
    Pool,
}

/// The knobs, and where stock is taken.
#[derive(Clone)]
pub(crate) struct Day {
    pub(crate) lab: Context,
    pub(crate) workers: usize,
    pub(crate) stock: usize,
    pub(crate) slice: Duration,
    pub(crate) place: Place,
    pub(crate) every: Duration,
}

/// How it went.
pub(crate) struct Took {
    /// Until the last stocktaking was over.
    pub(crate) stock: Duration,
    /// How often the kernel took the processor away from a thread of this program that could have gone on.
    pub(crate) preempted: Option<u64>,
}

impl Day {
    pub(crate) fn new(lab: &Context) -> Self {
        Self {
            lab: lab.clone(),
            workers: lab.knob("workers"),
            stock: lab.knob("stock"),
            slice: Duration::from_micros(lab.knob("slice")),
            place: Place::Workers,
            every: Duration::from_secs(1) / lab.knob::<u32>("requests"),
        }
    }

    /// Measures one.
    pub(crate) fn run(&self, queue: &Latency, answer: &Latency) -> Result<Took> {
        let desk = Desk {
            queue: queue.clone(),
            answer: answer.clone(),
        };
        self.runtime()?.block_on(self.clone().open(desk))
    }

    /// Draws another.
    pub(crate) fn watch(&self, lab: &Context) -> Result<Timeline> {
        let desk = Desk {
            queue: lab.latency("queue"),
            answer: lab.latency("answer"),
        };
        let runtime = self.runtime()?;
        let (took, seen) = runtime.block_on(lab.with_workers().watch(self.clone().open(desk)));
        took?;
        Ok(seen)
    }

    fn runtime(&self) -> Result<Runtime> {
        let next = AtomicUsize::new(1);
        let name = move || format!("worker {}", next.fetch_add(1, Ordering::Relaxed));
        let runtime = Builder::new_multi_thread()
            .worker_threads(self.workers)
            .thread_name_fn(name)
            .enable_all()
            .build();
        Ok(runtime?)
    }

    /// The desks open, stock is taken, and when that is over the street closes.
    async fn open(self, desk: Desk) -> Result<Took> {
        let before = preempted();
        let (questions, asked) = channel("questions", self.room());
        let mut desks = Vec::new();
        for number in 1..=DESKS {
            desks.push(spawn(
                format!("desk {number}"),
                desk.clone().answer(asked.clone()),
            ));
        }
        drop(asked);
        let (began, is_over) = (Instant::now(), Arc::new(AtomicBool::new(false)));
        let (every, over, handle) = (self.every, Arc::clone(&is_over), Handle::current());
        // Customers do not depend on the workers: they come from a thread of their own.
        let street = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let sent = handle.block_on(questions.send(Instant::now()));
                if sent.is_err() {
                    break;
                }
                thread::sleep(every);
            }
        });
        let took = self.take_stock(began).await;
        is_over.store(true, Ordering::Relaxed);
        for desk in desks {
            desk.await?;
        }
        street.join().map_err(|_| anyhow!("the street panicked"))?;
        let preempted = preempted()
            .zip(before)
            .map(|(now, before)| now.saturating_sub(before));
        Ok(Took {
            stock: took?,
            preempted,
        })
    }

    /// Room for twice the questions that are asked while all stocktakings share the workers.
    fn room(&self) -> usize {
        let work = STOCK * self.stock.max(1) as u32 / self.workers as u32;
        16 + 2 * work.div_duration_f64(self.every) as usize
    }

    /// All stocktakings at once; a day without one is as long.
    async fn take_stock(&self, began: Instant) -> Result<Duration> {
        if self.stock == 0 {
            self.lab.waiting("close", sleep(STOCK)).await;
        }
        let mut all = Vec::new();
        for number in 1..=self.stock {
            let (slice, place) = (self.slice, self.place);
            all.push(spawn(format!("stock {number}"), async move {
                match place {
                    Place::Workers => count(slice).await,
                    // That it ran to its end is all there is to know.
                    Place::Pool => drop(spawn_blocking(|| compute(STOCK)).await),
                }
            }));
        }
        for stock in all {
            stock.await?;
        }
        Ok(began.elapsed())
    }
}

/// Takes stock, with an await after each slice of the work, or without one.
async fn count(slice: Duration) {
    if slice.is_zero() {
        return compute(STOCK);
    }
    let mut left = STOCK;
    while !left.is_zero() {
        let piece = left.min(slice);
        compute(piece);
        left = left.saturating_sub(piece);
        yield_now().await;
    }
}

/// Who answers questions.
#[derive(Clone)]
struct Desk {
    queue: Latency,
    answer: Latency,
}

impl Desk {
    async fn answer(self, questions: Receiver<Instant>) {
        while let Some(asked) = questions.recv().await {
            self.queue.record(asked.elapsed());
            compute(WORK);
            sleep(WAREHOUSE).await;
            compute(WORK);
            self.answer.record(asked.elapsed());
        }
    }
}

/// How often threads of this program were taken off a processor against their will, where the system tells.
fn preempted() -> Option<u64> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let of = |path: std::path::PathBuf| {
        // A thread may end while it is looked at.
        let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
        line.and_then(|number| number.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    Some(threads.flatten().map(|thread| of(thread.path())).sum())
}
