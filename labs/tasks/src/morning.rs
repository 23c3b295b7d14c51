//! A morning in the shop: parcels, a bell, and calls that block.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{Context, Latency, SpanKind, Timeline, compute, spawn};
use tokio::runtime::{Builder, Runtime, worker_index};
use tokio::sync::mpsc;
use tokio::task::yield_now;

/// How long a lookup takes.
pub(crate) const CALL: Duration = Duration::from_millis(20);
/// How many parcels there are, and in how many steps each is packed.
const PARCELS: usize = 12;
const STEPS: usize = 4;
/// How often somebody rings.
const RINGS: Duration = Duration::from_millis(1);

/// Where a call blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    OnTheWorker,
    InThePool,
}

/// What is to be done.
#[derive(Clone)]
pub(crate) struct Morning {
    lab: Context,
    workers: usize,
    work: Duration,
    calls: usize,
    place: Calls,
}

/// How it went.
pub(crate) struct Took {
    /// Until the last parcel was packed and everything was found.
    pub(crate) done: Duration,
    /// The longest time from a ring until the bell's task ran.
    pub(crate) bell: Duration,
    /// How many tasks ran on another worker than the one that started them.
    pub(crate) moved: u64,
}

impl Morning {
    pub(crate) fn new(lab: &Context, calls: usize, place: Calls) -> Self {
        Self {
            lab: lab.with_workers(),
            workers: lab.knob("workers"),
            work: Duration::from_micros(lab.knob("work")),
            calls,
            place,
        }
    }

    pub(crate) fn name(&self) -> String {
        let calls = match self.calls {
            0 => "no call".to_owned(),
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        };
        match self.place {
            Calls::OnTheWorker => calls,
            Calls::InThePool => format!("{calls} in the pool"),
        }
    }

    /// Measures one.
    pub(crate) fn run(&self) -> Result<Took> {
        let runtime = self.runtime()?;
        runtime.block_on(self.clone().open())
    }

    /// Draws another.
    pub(crate) fn watch(&self, lab: &Context) -> Result<Timeline> {
        let runtime = self.runtime()?;
        let (took, seen) = runtime.block_on(lab.with_workers().watch(self.clone().open()));
        took?;
        Ok(seen)
    }

    /// A runtime with as many workers as the knob says.
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

    /// The shop opens, and closes when all is done.
    async fn open(self) -> Result<Took> {
        let began = Instant::now();
        let moved = Arc::new(AtomicU64::new(0));
        let street = Street::open();
        let bell = spawn("bell", answer(street.rings, self.lab.latency("bell")));
        let clerk = spawn("clerk", self.start_all(Arc::clone(&moved)));
        clerk.await??;
        let done = began.elapsed();
        street.closed.store(true, Ordering::Relaxed);
        let bell = bell.await?;
        let moved = moved.load(Ordering::Relaxed);
        Ok(Took { done, bell, moved })
    }

    /// Starts a task for each parcel and each lookup. They all begin in the queue of the worker that this runs on.
    async fn start_all(self, moved: Arc<AtomicU64>) -> Result<()> {
        let mut people = Vec::new();
        for number in 1..=self.calls {
            let lookup = Self::counting(Arc::clone(&moved), self.clone().look_up());
            people.push(spawn(format!("lookup {number}"), lookup));
        }
        for number in 1..=PARCELS {
            let parcel = Self::counting(Arc::clone(&moved), pack(self.work));
            people.push(spawn(format!("parcel {number}"), parcel));
        }
        for person in people {
            person.await?;
        }
        Ok(())
    }

    /// Asks the archive, which takes its time.
    async fn look_up(self) {
        match self.place {
            Calls::OnTheWorker => {
                let _blocked = self.lab.span_of(SpanKind::Blocked, "find it");
                thread::sleep(CALL);
            }
            Calls::InThePool => {
                let call = tokio::task::spawn_blocking(|| thread::sleep(CALL));
                let _found = self.lab.waiting("find it", call).await;
            }
        }
    }

    /// Does something, and counts itself if that begins on another worker than this was called on.
    fn counting(moved: Arc<AtomicU64>, what: impl Future<Output = ()>) -> impl Future<Output = ()> {
        let started_on = worker_index();
        async move {
            if worker_index() != started_on {
                moved.fetch_add(1, Ordering::Relaxed);
            }
            what.await;
        }
    }
}

/// Packs a parcel. After each step others of the same worker may go first.
async fn pack(work: Duration) {
    for _step in 0..STEPS {
        compute(work);
        yield_now().await;
    }
}

/// Goes to the door at each ring. Gives how long a ring had to wait for that at most.
async fn answer(mut rings: mpsc::UnboundedReceiver<Instant>, waited: Latency) -> Duration {
    while let Some(rung) = rings.recv().await {
        waited.record(rung.elapsed());
    }
    Duration::from_nanos(waited.max())
}

/// Who rings has a thread of its own: it does not depend on the workers.
struct Street {
    rings: mpsc::UnboundedReceiver<Instant>,
    closed: Arc<AtomicBool>,
}

impl Street {
    fn open() -> Self {
        let (ring, rings) = mpsc::unbounded_channel();
        let closed = Arc::new(AtomicBool::new(false));
        let dark = Arc::clone(&closed);
        thread::spawn(move || {
            while !dark.load(Ordering::Relaxed) && ring.send(Instant::now()).is_ok() {
                thread::sleep(RINGS);
            }
        });
        Self { rings, closed }
    }
}
