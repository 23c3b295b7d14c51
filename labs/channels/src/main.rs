//! Guarantee and no guarantee: what a channel's capacity buys and what it costs.
//!
//! In the shop, producers write down orders and hand them to consumers, who pack them. Packing takes longer than
//! writing, so somebody has to wait. The channel between them decides who, and what a sender knows when its send returns.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p channels                    # capacity 0: a rendezvous
//! cargo run -p channels -- --capacity 16   # a buffer
//! cargo run -p channels -- --work 0        # nothing to pack: only the channel is left
//! cargo run -p channels -- --hold          # go on, and look inside with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - Capacity 0: no send returns before a consumer has the order. In the picture every producer waits (░) until the
//!   consumer whose number ends the wait takes its order. That is the guarantee, and the waiting is its price.
//! - Capacity 16: at first producers run ahead without waiting, until the channel is full. From then on they wait as
//!   before. A send that returned says nothing: up to 16 orders lie in the channel, and nobody has them.
//! - The table: a buffer larger than all orders makes sends quick and deliveries slow. The rate stays the same, because
//!   the consumers set it. What a buffer takes from the sender's wait, the order spends in the buffer.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{
    Cell, Column, Context, Knob, LabInfo, Latency, Receiver, Report, Sender, Unit, busy, channel,
    spawn,
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    lab_kit::run(lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "channels",
        "Channels: guarantee or no guarantee",
        "Producers hand orders to consumers through a channel. See who waits for whom, and what a buffer changes.",
    )
    .knob(
        Knob::new("capacity", 0..=1024)
            .unit("orders")
            .help("How many orders may lie in the channel; 0 hands each over directly"),
    )
    .knob(Knob::new("producers", 1..=16).default(3).unit("tasks").help("How many write orders, as fast as they can"))
    .knob(Knob::new("consumers", 1..=16).default(2).unit("tasks").help("How many pack orders"))
    .knob(
        Knob::new("work", 0..=2000)
            .default(1000)
            .step(50)
            .unit("µs")
            .help("How long packing one order keeps a free processor busy"),
    )
    .knob(Knob::new("items", 10..=400).default(200).step(10).unit("orders").help("How many orders there are in all"))
}

/// The same orders through channels of several capacities: the reader's own, which is recorded, and others to compare.
async fn story(lab: Context) -> Result<Report> {
    let shop = Shop::new(&lab);
    let mut report = Day::columns();
    for capacity in shop.capacities(&lab) {
        lab.progress(&format!("capacity {capacity}: {} orders", shop.items));
        let day = Day::new(&lab);
        if capacity == shop.capacity {
            report.highlight = Some(report.rows.len());
            lab.record(open(shop, capacity, &day)).await?;
        } else {
            open(shop, capacity, &day).await?;
        }
        report.row(day.row(capacity, shop));
    }
    report.note("send: from the call to its return. delivery: from the same call until a consumer has the order.");
    report.note("What a buffer takes from the sender's wait, the order spends in the buffer.");
    Ok(report)
}

/// One day: everybody starts, everybody ends when all orders are packed.
async fn open(shop: Shop, capacity: usize, day: &Day) -> Result<()> {
    let (sender, receiver) = channel("orders", capacity);
    let began = Instant::now();
    let producers: Vec<_> = (1..=shop.producers)
        .map(|number| {
            spawn(
                format!("producer {number}"),
                produce(shop, number, sender.clone(), day.clone()),
            )
        })
        .collect();
    let consumers: Vec<_> = (1..=shop.consumers)
        .map(|number| {
            spawn(
                format!("consumer {number}"),
                consume(shop, receiver.clone(), day.clone()),
            )
        })
        .collect();
    // The channel closes when the last producer has gone home; until then consumers wait for more.
    drop((sender, receiver));
    for producer in producers {
        producer.await??;
    }
    for consumer in consumers {
        consumer.await?;
    }
    day.whole.add(began.elapsed());
    Ok(())
}

/// Writes every order of its own and hands it over.
async fn produce(shop: Shop, number: usize, orders: Sender<Order>, day: Day) -> Result<()> {
    let began = Instant::now();
    for _mine in (number..=shop.items).step_by(shop.producers) {
        let order = Order {
            placed: Instant::now(),
        };
        day.send.time(orders.send(order)).await?;
        day.queued.fetch_max(orders.len(), Ordering::Relaxed);
    }
    day.producing.add(began.elapsed());
    Ok(())
}

/// Takes orders and packs them, until there are no more.
async fn consume(shop: Shop, orders: Receiver<Order>, day: Day) {
    let began = Instant::now();
    while let Some(order) = day.receive.time(orders.recv()).await {
        day.delivery.record(order.placed.elapsed());
        pack(shop.work);
    }
    day.consuming.add(began.elapsed());
}

/// Real work for a processor.
fn pack(work: Duration) {
    busy(work);
}

struct Order {
    placed: Instant,
}

/// The knobs.
#[derive(Clone, Copy)]
struct Shop {
    capacity: usize,
    producers: usize,
    consumers: usize,
    work: Duration,
    items: usize,
}

impl Shop {
    fn new(lab: &Context) -> Self {
        Self {
            capacity: lab.knob("capacity"),
            producers: lab.knob("producers"),
            consumers: lab.knob("consumers"),
            work: Duration::from_micros(lab.knob("work")),
            items: lab.knob("items"),
        }
    }

    /// The reader's capacity among others that teach. Held open, the shop has only the reader's.
    fn capacities(&self, lab: &Context) -> Vec<usize> {
        let mut capacities = if lab.is_held() {
            vec![]
        } else {
            vec![0, 1, 16, 512]
        };
        capacities.push(self.capacity);
        capacities.sort_unstable();
        capacities.dedup();
        capacities
    }
}

/// What is measured in a day.
#[derive(Clone)]
struct Day {
    send: Latency,
    receive: Latency,
    delivery: Latency,
    /// From the first order to the last one packed.
    whole: Total,
    /// The lives of all producers together, and of all consumers.
    producing: Total,
    consuming: Total,
    /// The most orders that lay in the channel after a send.
    queued: Arc<AtomicUsize>,
}

impl Day {
    fn new(lab: &Context) -> Self {
        Self {
            send: lab.latency("send"),
            receive: lab.latency("receive"),
            delivery: lab.latency("delivery"),
            whole: Total::default(),
            producing: Total::default(),
            consuming: Total::default(),
            queued: Arc::default(),
        }
    }

    fn columns() -> Report {
        Report::new([
            Column::new("capacity", Unit::Count),
            Column::new("send p50", Unit::Nanoseconds),
            Column::new("send p99", Unit::Nanoseconds),
            Column::new("send max", Unit::Nanoseconds),
            Column::new("delivery p50", Unit::Nanoseconds),
            Column::new("delivery p99", Unit::Nanoseconds),
            Column::new("delivery max", Unit::Nanoseconds),
            Column::new("orders", Unit::PerSecond),
            Column::new("producers waiting", Unit::Share),
            Column::new("consumers waiting", Unit::Share),
            Column::new("most in channel", Unit::Count),
        ])
    }

    fn row(&self, capacity: usize, shop: Shop) -> [Cell; 11] {
        let (send, delivery) = (&self.send, &self.delivery);
        [
            (capacity as u64).into(),
            send.quantile(0.5).into(),
            send.quantile(0.99).into(),
            send.max().into(),
            delivery.quantile(0.5).into(),
            delivery.quantile(0.99).into(),
            delivery.max().into(),
            (shop.items as f64 / self.whole.seconds()).into(),
            share(send, &self.producing).into(),
            share(&self.receive, &self.consuming).into(),
            (self.queued.load(Ordering::Relaxed) as u64).into(),
        ]
    }
}

/// How much of all that time was spent in this.
fn share(part: &Latency, whole: &Total) -> f64 {
    part.sum().as_secs_f64() / whole.seconds()
}

/// Time that several tasks add up.
#[derive(Clone, Default)]
struct Total(Arc<AtomicU64>);

impl Total {
    fn add(&self, time: Duration) {
        self.0.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    fn seconds(&self) -> f64 {
        Duration::from_nanos(self.0.load(Ordering::Relaxed)).as_secs_f64()
    }
}
