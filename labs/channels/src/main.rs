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
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{
    Cell, Column, Context, Knob, LabInfo, Latency, Receiver, Report, Room, Sender, Timeline, Unit,
    busy, channel, spawn,
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
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
    .knob(Knob::new("items", 10..=400).default(120).step(10).unit("orders").help("How many orders there are in all"))
    .figure("rendezvous", &[])
    .figure("buffered", &[("capacity", 16)])
}

/// The same orders through channels of several capacities: the reader's own, and others to compare.
async fn story(lab: Context) -> Result<Report> {
    let shop = Shop::new(&lab);
    let mut report = columns();
    let mut room = (!lab.is_held()).then(|| Room::new(shop.consumers));
    for capacity in shop.capacities(&lab) {
        lab.progress(&format!("capacity {capacity}: {} orders", shop.items));
        // Recording costs a fraction of a microsecond each time somebody waits or goes on, which is much beside a quick
        // send. So one day is measured, and another like it is recorded.
        let measured = Day::new(&lab, shop);
        let took = measured.clone().open(capacity).await?;
        let (day, seen) = lab.watch(Day::new(&lab, shop).open(capacity)).await;
        day?;
        report.row(measured.row(capacity, took, &seen));
        if capacity == shop.capacity {
            report.highlight = Some(report.rows.len() - 1);
            lab.show(seen);
        }
        if let Some(room) = &mut room {
            room.look();
        }
    }
    if let Some(room) = room {
        room.tell(&mut report);
    }
    report.note(
        "send: from the call to its return. delivery: from the same call until a consumer has the order.",
    );
    report.note("What a buffer takes from the sender's wait, the order spends in the buffer.");
    Ok(report)
}

/// One day in the shop, and how long things took in it.
#[derive(Clone)]
struct Day {
    shop: Shop,
    send: Latency,
    delivery: Latency,
}

impl Day {
    fn new(lab: &Context, shop: Shop) -> Self {
        Self {
            shop,
            send: lab.latency("send"),
            delivery: lab.latency("delivery"),
        }
    }

    /// Everybody starts; everybody ends when all orders are packed.
    async fn open(self, capacity: usize) -> Result<Duration> {
        let began = Instant::now();
        let (sender, receiver) = channel("orders", capacity);
        let mut people = Vec::new();
        for number in 1..=self.shop.producers {
            let work = self.clone().produce(number, sender.clone());
            people.push(spawn(format!("producer {number}"), work));
        }
        for number in 1..=self.shop.consumers {
            let work = self.clone().consume(receiver.clone());
            people.push(spawn(format!("consumer {number}"), work));
        }
        // The channel closes when the last producer has gone home; until then consumers wait for more.
        drop((sender, receiver));
        for person in people {
            person.await??;
        }
        Ok(began.elapsed())
    }

    /// Writes down its share of the orders and hands each over.
    async fn produce(self, number: usize, orders: Sender<Order>) -> Result<()> {
        for _order in (number..=self.shop.items).step_by(self.shop.producers) {
            let order = Order {
                placed: Instant::now(),
            };
            self.send.time(orders.send(order)).await?;
        }
        Ok(())
    }

    /// Takes orders and packs them until no more will come.
    async fn consume(self, orders: Receiver<Order>) -> Result<()> {
        while let Some(order) = orders.recv().await {
            self.delivery.record(order.placed.elapsed());
            pack(self.shop.work);
        }
        Ok(())
    }

    fn row(&self, capacity: usize, took: Duration, seen: &Timeline) -> [Cell; 11] {
        [
            Cell::from(capacity as u64),
            self.send.quantile(0.5).into(),
            self.send.quantile(0.99).into(),
            self.send.max().into(),
            self.delivery.quantile(0.5).into(),
            self.delivery.quantile(0.99).into(),
            self.delivery.max().into(),
            (self.shop.items as f64 / took.as_secs_f64()).into(),
            seen.waiting("producer").into(),
            seen.waiting("consumer").into(),
            seen.highest().into(),
        ]
    }
}

struct Order {
    placed: Instant,
}

/// Packing is work for a processor, not waiting.
fn pack(work: Duration) {
    busy(work);
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
