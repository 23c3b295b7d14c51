//! A request has two seconds. What goes on after they are over?
//!
//! To place an order, the service authenticates the client, looks up each item's stock meanwhile, and stores the order. Each step is a
//! task that waits for somebody else. The client waits two seconds at the most. Today authentication is slow.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p cancellation                                   # slow authentication, the deadline handed down
//! cargo run -p cancellation -- --deadline 1                   # a deadline at the edge only
//! cargo run -p cancellation -- --auth 100 --items 50 --lookup 5000
//! cargo run -p cancellation -- --disconnect 500               # the client leaves after half a second
//! ```
//!
//! # What to look at
//!
//! - The table: *answered after* is the same for both kinds of deadline. *Work after that* is not: it is what the service does
//!   for somebody who has gone.
//! - The picture: with the deadline handed down, all lanes end at the same moment.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit, spawn};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "cancellation",
        "Cancellation and deadlines",
        "A request with a budget of time, in steps that are tasks. See what goes on after the budget is spent, or the client has left.",
    )
    .knob(Knob::new("deadline", 0..=2).default(2).help("0: none; 1: at the edge of the service; 2: handed down to every step"))
    .knob(Knob::new("budget", 100..=3000).default(2000).step(100).unit("ms").help("How long the request may take"))
    .knob(Knob::new("auth", 0..=3000).default(2500).step(100).unit("ms").help("How long authentication takes"))
    .knob(Knob::new("lookup", 0..=3000).default(200).step(100).unit("ms").help("How long looking up an item's stock takes"))
    .knob(Knob::new("items", 1..=1000).default(3).unit("items").help("How many items are looked up, all at the same time"))
    .knob(Knob::new("store", 0..=3000).default(300).step(100).unit("ms").help("How long storing the order takes"))
    .knob(Knob::new("disconnect", 0..=3000).step(100).unit("ms").help("When the client leaves; 0: it waits"))
    .figure("handed-down", &[])
    .figure("at-the-edge", &[("deadline", 1)])
    .figure("many", &[("auth", 100), ("items", 50), ("lookup", 3000)])
}

const KINDS: [&str; 3] = ["none", "at the edge", "handed down"];

/// The same request with each kind of deadline, at the same time; then the reader's once more, recorded.
async fn story(lab: Context) -> Result<Report> {
    let asked: usize = lab.knob("deadline");
    let mut report = columns();
    if lab.is_held() {
        Request::new(&lab, asked).run().await;
        return Ok(report);
    }
    lab.progress("the request with each kind of deadline");
    let requests = [0, 1, 2].map(|kind| tokio::spawn(Request::new(&lab, kind).run()));
    for (kind, request) in requests.into_iter().enumerate() {
        report.row(request.await?.row(kind));
    }
    report.highlight = Some(asked);
    lab.progress("yours, recorded");
    lab.record(Request::new(&lab, asked).run()).await;
    report.note(
        "Work after that: the time that tasks of this request went on after its answer, added up.",
    );
    Ok(report)
}

/// One request: how long its steps take, and who hears of its end.
struct Request {
    lab: Context,
    kind: usize,
    budget: Duration,
    disconnect: Option<Duration>,
    steps: Steps,
}

#[derive(Clone)]
struct Steps {
    lab: Context,
    auth: Duration,
    lookup: Duration,
    items: usize,
    store: Duration,
    tasks: TaskTracker,
    ended: Arc<Mutex<Vec<Instant>>>,
}

/// A step that was told to stop.
#[derive(Debug)]
struct Cancelled;

impl Request {
    fn new(lab: &Context, kind: usize) -> Self {
        let millis = |knob| Duration::from_millis(lab.knob(knob));
        let disconnect = millis("disconnect");
        Self {
            lab: lab.clone(),
            kind,
            budget: millis("budget"),
            disconnect: (!disconnect.is_zero()).then_some(disconnect),
            steps: Steps {
                lab: lab.clone(),
                auth: millis("auth"),
                lookup: millis("lookup"),
                items: lab.knob("items"),
                store: millis("store"),
                tasks: TaskTracker::new(),
                ended: Arc::default(),
            },
        }
    }

    /// What the server does with a connection: it drops the handler when the client leaves.
    async fn run(self) -> Outcome {
        let began = Instant::now();
        let answer = tokio::select! {
            answer = self.handle() => answer,
            () = self.client_leaves() => "nobody waits",
        };
        let answered = Instant::now();
        self.lab.mark(answer);
        self.steps.tasks.close();
        self.steps.tasks.wait().await;
        let ended = self
            .steps
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Outcome {
            answer,
            began,
            answered,
            ended,
        }
    }

    async fn handle(&self) -> &'static str {
        match self.kind {
            0 => told(self.steps.clone().place(CancellationToken::new()).await),
            1 => self.with_deadline_at_the_edge().await,
            _ => self.with_deadline_handed_down().await,
        }
    }

    // ANCHOR: edge
    /// The handler's future is dropped, and with it the handles of its tasks: these go on.
    async fn with_deadline_at_the_edge(&self) -> &'static str {
        let placed = self.steps.clone().place(CancellationToken::new());
        timeout(self.budget, placed)
            .await
            .map_or("504 out of time", told)
    }
    // ANCHOR_END: edge

    // ANCHOR: down
    /// However it ends, the guard cancels the token: at the deadline, and when the client
    /// leaves and this future is dropped.
    async fn with_deadline_handed_down(&self) -> &'static str {
        let request = CancellationToken::new();
        let _guard = request.clone().drop_guard();
        let placed = self.steps.clone().place(request);
        timeout(self.budget, placed)
            .await
            .map_or("504 out of time", told)
    }
    // ANCHOR_END: down

    async fn client_leaves(&self) {
        match self.disconnect {
            Some(after) => sleep(after).await,
            None => std::future::pending().await,
        }
    }
}

fn told(placed: Result<(), Cancelled>) -> &'static str {
    placed.map_or("503 cancelled", |()| "201 created")
}

impl Steps {
    /// Each step gets a token of its own that the request's cancels.
    async fn place(self, request: CancellationToken) -> Result<(), Cancelled> {
        let mut first = vec![self.step("auth", self.auth, request.child_token())];
        for item in 1..=self.items {
            first.push(self.step(&format!("stock {item}"), self.lookup, request.child_token()));
        }
        for step in first {
            step.await.unwrap_or(Err(Cancelled))?;
        }
        let store = self.step("store", self.store, request.child_token());
        store.await.unwrap_or(Err(Cancelled))
    }

    /// A task that waits for somebody else, or for the sign to stop.
    fn step(
        &self,
        name: &str,
        time: Duration,
        stop: CancellationToken,
    ) -> JoinHandle<Result<(), Cancelled>> {
        let (lab, ended) = (self.lab.clone(), Arc::clone(&self.ended));
        let task = self.tasks.track_future(async move {
            // ANCHOR: step
            let answer = lab.waiting("be answered", sleep(time));
            let result = tokio::select! {
                () = answer => Ok(()),
                () = stop.cancelled() => Err(Cancelled),
            };
            // ANCHOR_END: step
            ended
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Instant::now());
            result
        });
        spawn(name.to_owned(), task)
    }
}

/// What became of a request.
struct Outcome {
    answer: &'static str,
    began: Instant,
    answered: Instant,
    /// When its tasks ended.
    ended: Vec<Instant>,
}

impl Outcome {
    fn row(&self, kind: usize) -> [Cell; 7] {
        let late: Vec<Duration> = self
            .ended
            .iter()
            .map(|ended| ended.saturating_duration_since(self.answered))
            .collect();
        let nanos = |time: Duration| Cell::from(time.as_nanos() as u64);
        [
            Cell::from(kind as u64),
            KINDS[kind].into(),
            self.answer.into(),
            nanos(self.answered - self.began),
            nanos(late.iter().sum()),
            nanos(late.iter().max().copied().unwrap_or_default()),
            (self.ended.len() as u64).into(),
        ]
    }
}

fn columns() -> Report {
    Report::new([
        Column::new("deadline", Unit::Count),
        Column::new("is", Unit::None),
        Column::new("answer", Unit::None),
        Column::new("answered after", Unit::Nanoseconds),
        Column::new("work after that", Unit::Nanoseconds),
        Column::new("until the last task ended", Unit::Nanoseconds),
        Column::new("tasks", Unit::Count),
    ])
}
