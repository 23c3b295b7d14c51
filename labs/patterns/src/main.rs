//! A pipeline with a slow stage: who waits, what piles up, and what more workers change.
//!
//! Orders are checked, packed and labelled, each by people of their own, with a shelf of limited size between two stages. Packing is
//! slow.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p patterns                              # one packer: the shelf in front of it is full
//! cargo run -p patterns -- --workers 4               # four: another stage is the slowest now
//! cargo run -p patterns -- --workers 4 --buffer 64   # more room, the same rate
//! ```
//!
//! # What to look at
//!
//! - The strips: the shelf in front of the slowest stage is full, the ones behind it are empty. That is how you find it.
//! - The table: the rate is that of the slowest stage. More packers raise it until labelling is the slowest.
//! - *Overtaken*: with several packers, orders come out in another order than they went in.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{
    Cell, Column, Context, Knob, LabInfo, Latency, Receiver, Report, Sender, Timeline, Unit,
    channel, spawn,
};
use tokio::task::JoinHandle;
use tokio::time::sleep;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Orders of the day that is drawn.
const DRAWN: usize = 24;

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "patterns",
        "A pipeline with a slow stage",
        "Orders are checked, packed and labelled, with a shelf between two stages. See which shelf fills, and what more packers change.",
    )
    .knob(Knob::new("workers", 1..=16).default(1).unit("tasks").help("How many pack"))
    .knob(Knob::new("pack", 1..=50).default(8).unit("ms").help("How long packing an order takes, on average"))
    .knob(Knob::new("check", 1..=50).default(2).unit("ms").help("How long checking an order takes; one task does it"))
    .knob(Knob::new("label", 1..=50).default(3).unit("ms").help("How long labelling a parcel takes; one task does it"))
    .knob(Knob::new("buffer", 1..=128).default(4).unit("orders").help("How many orders a shelf between two stages has room for"))
    .knob(Knob::new("orders", 20..=400).default(100).step(10).unit("orders").help("How many orders there are in all"))
    .figure("one-packer", &[])
    .figure("four-packers", &[("workers", 4)])
    .figure("more-room", &[("buffer", 64)])
}

/// The same orders with one packer, two, four, eight, and as many as the reader says.
async fn story(lab: Context) -> Result<Report> {
    let asked: usize = lab.knob("workers");
    let mut workers = if lab.is_held() {
        vec![]
    } else {
        vec![1, 2, 4, 8]
    };
    workers.push(asked);
    workers.sort_unstable();
    workers.dedup();
    let mut report = columns();
    for packers in workers {
        lab.progress(&format!("packers: {packers}"));
        let line = Line::new(&lab, packers, lab.knob("orders"));
        let began = Instant::now();
        let (out, seen) = lab.watch(line.run()).await;
        report.row(line.row(began.elapsed(), &out?, &seen));
        if packers == asked {
            report.highlight = Some(report.rows.len() - 1);
        }
    }
    if !lab.is_held() {
        lab.record(Line::new(&lab, asked, DRAWN).run()).await?;
        report.note(format!("The picture shows {DRAWN} orders."));
    }
    report.note("through: from the moment an order is taken in until its parcel is labelled. overtaken: parcels that an earlier order came out after.");
    Ok(report)
}

/// The stages, and how long an order takes through all of them.
struct Line {
    lab: Context,
    packers: usize,
    orders: usize,
    buffer: usize,
    through: Latency,
}

#[derive(Clone, Copy)]
struct Order {
    number: usize,
    taken: Instant,
}

impl Order {
    /// Small, middling and large ones take turns: half the time, all of it, half as much again.
    fn size(self, time: Duration) -> Duration {
        time * (1 + self.number as u32 % 3) / 2
    }
}

impl Line {
    fn new(lab: &Context, packers: usize, orders: usize) -> Self {
        Self {
            lab: lab.clone(),
            packers,
            orders,
            buffer: lab.knob("buffer"),
            through: lab.latency("through"),
        }
    }

    // ANCHOR: pipeline
    /// Each stage ends when the one before it has ended and its shelf is empty.
    async fn run(&self) -> Result<Vec<usize>> {
        let (checked, to_pack) = channel("to pack", self.buffer);
        let (packed, to_label) = channel("to label", self.buffer);
        let mut stages = vec![self.check(checked)];
        stages.extend(
            (1..=self.packers).map(|number| self.pack(number, to_pack.clone(), packed.clone())),
        );
        // Only the packers hold the middle of the line now: when the last one goes,
        // labelling ends.
        drop((to_pack, packed));
        let out = self.label(to_label).await;
        for stage in stages {
            stage.await??;
        }
        Ok(out)
    }
    // ANCHOR_END: pipeline

    fn check(&self, checked: Sender<Order>) -> JoinHandle<Result<()>> {
        let (lab, orders, time) = (self.lab.clone(), self.orders, self.time("check"));
        spawn("check", async move {
            for number in 1..=orders {
                let order = Order {
                    number,
                    taken: Instant::now(),
                };
                lab.waiting("check", sleep(time)).await;
                checked.send(order).await?;
            }
            Ok(())
        })
    }

    // ANCHOR: worker
    fn pack(
        &self,
        number: usize,
        orders: Receiver<Order>,
        packed: Sender<Order>,
    ) -> JoinHandle<Result<()>> {
        let (lab, time) = (self.lab.clone(), self.time("pack"));
        spawn(format!("packer {number}"), async move {
            while let Some(order) = orders.recv().await {
                lab.waiting("pack", sleep(order.size(time))).await;
                packed.send(order).await?;
            }
            Ok(())
        })
    }
    // ANCHOR_END: worker

    /// The last stage: the numbers of the orders as they come out.
    async fn label(&self, parcels: Receiver<Order>) -> Vec<usize> {
        let (lab, time, through) = (self.lab.clone(), self.time("label"), self.through.clone());
        let labeller = spawn("label", async move {
            let mut out = Vec::new();
            while let Some(order) = parcels.recv().await {
                lab.waiting("label", sleep(time)).await;
                through.record(order.taken.elapsed());
                out.push(order.number);
            }
            out
        });
        labeller.await.unwrap_or_default()
    }

    fn time(&self, knob: &str) -> Duration {
        Duration::from_millis(self.lab.knob(knob))
    }

    fn row(&self, took: Duration, out: &[usize], seen: &Timeline) -> [Cell; 8] {
        let depth = |shelf: &str| {
            let strip = seen
                .counters
                .iter()
                .find(|strip| strip.name.starts_with(shelf));
            let points = strip.into_iter().flat_map(|strip| &strip.points);
            points.map(|point| point.1).fold(0.0, f64::max)
        };
        let overtaken = out
            .iter()
            .enumerate()
            .filter(|(place, number)| out[..*place].iter().any(|before| before > number));
        [
            Cell::from(self.packers as u64),
            (out.len() as f64 / took.as_secs_f64()).into(),
            self.through.quantile(0.5).into(),
            self.through.quantile(0.99).into(),
            depth("to pack").into(),
            depth("to label").into(),
            (overtaken.count() as u64).into(),
            (out.len() as u64).into(),
        ]
    }
}

fn columns() -> Report {
    Report::new([
        Column::new("packers", Unit::Count),
        Column::new("orders", Unit::PerSecond),
        Column::new("through p50", Unit::Nanoseconds),
        Column::new("through p99", Unit::Nanoseconds),
        Column::new("most to pack", Unit::Count),
        Column::new("most to label", Unit::Count),
        Column::new("overtaken", Unit::Count),
        Column::new("came out", Unit::Count),
    ])
}
