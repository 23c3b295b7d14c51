//! What threads do to the stock: mostly looks, some changes, some products more than others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{Context, Latency, Timeline, rate, spawn};

use crate::stock::{Kind, Stock};

/// Every so manieth operation is timed: looking at the clock costs as much as looking into the map.
const TIMED: u64 = 16;
/// In the picture an operation is at least so long, so that it can be seen.
const VISIBLE: Duration = Duration::from_micros(20);
/// How many operations of each thread are in the picture.
const SEEN: usize = 40;

/// The knobs, but for the kind of map.
#[derive(Clone, Copy)]
pub(crate) struct Traffic {
    pub(crate) threads: usize,
    /// In per cent of all operations.
    pub(crate) reads: u64,
    pub(crate) keys: u64,
    /// In per cent of all operations: those on one product.
    pub(crate) hot: u64,
    pub(crate) work: Duration,
    /// On locks that tell who waits for them, where there are such: for the console.
    pub(crate) named: bool,
}

impl Traffic {
    /// How many operations there are per second.
    pub(crate) fn rate(self, kind: Kind, time: Duration) -> f64 {
        let stock = self.filled(self.stock(kind));
        rate(time, self.threads(), |thread| {
            self.operate(&*stock, thread);
        })
        .0
    }

    /// The same, with a clock on some of them.
    pub(crate) fn timed(self, kind: Kind, time: Duration, latency: &Latency) {
        let stock = self.filled(self.stock(kind));
        let threads = self
            .threads()
            .into_iter()
            .map(|thread| (thread, Vec::new()))
            .collect();
        let (_, threads) = rate(time, threads, |(thread, taken)| {
            if thread.done.is_multiple_of(TIMED) {
                let began = Instant::now();
                self.operate(&*stock, thread);
                taken.push(began.elapsed());
            } else {
                self.operate(&*stock, thread);
            }
        });
        threads
            .iter()
            .flat_map(|(_, taken)| taken)
            .for_each(|time| latency.record(*time));
    }

    /// Who waits for whom, in a few slow operations of each.
    pub(crate) async fn seen(self, lab: &Context, kind: Kind) -> Result<Timeline> {
        let slow = Traffic {
            work: self.work.max(VISIBLE),
            ..self
        };
        let (result, timeline) = lab
            .watch(async {
                // Made here, so that its locks tell their names.
                let Some(stock) = kind.seen() else {
                    return lab_kit::anyhow::Ok(());
                };
                let stock: Arc<dyn Stock> = slow.filled(stock).into();
                let people: Vec<_> = (1..)
                    .zip(slow.threads())
                    .map(|(number, mut thread)| {
                        let stock = Arc::clone(&stock);
                        spawn(format!("thread {number}"), async move {
                            (0..SEEN).for_each(|_| slow.operate(&*stock, &mut thread));
                        })
                    })
                    .collect();
                for person in people {
                    person.await?;
                }
                lab_kit::anyhow::Ok(())
            })
            .await;
        result?;
        Ok(timeline)
    }

    fn operate(self, stock: &dyn Stock, thread: &mut Thread) {
        let product = if thread.percent() < self.hot {
            0
        } else {
            thread.below(self.keys)
        };
        if thread.percent() < self.reads {
            std::hint::black_box(stock.look(product, self.work));
        } else {
            stock.add(product, self.work);
        }
        thread.done += 1;
    }

    fn stock(self, kind: Kind) -> Box<dyn Stock> {
        let named = self.named.then(|| kind.seen()).flatten();
        named.unwrap_or_else(|| kind.measured())
    }

    fn filled(self, stock: Box<dyn Stock>) -> Box<dyn Stock> {
        (0..self.keys).for_each(|product| stock.add(product, Duration::ZERO));
        stock
    }

    fn threads(self) -> Vec<Thread> {
        (1..=self.threads as u64)
            .map(|seed| Thread {
                random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                done: 0,
            })
            .collect()
    }
}

/// One thread's chance.
struct Thread {
    random: u64,
    done: u64,
}

impl Thread {
    /// xorshift: a nanosecond, and good enough to choose products.
    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 16
    }

    fn percent(&mut self) -> u64 {
        self.below(100)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
