//! A day in the shop: the same shoppers against each program of the case study.
//!
//! Forty shoppers come at once and order three times each: more than there is. An order is looked at, paid, which takes a while, and
//! written into the books. Each row of the table is the shop of one program in `src/bin`, taken from there as it is.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p orders                            # all of them; the picture is of the race
//! cargo run -p orders -- --impl 5                # the pool: four at the till, the others wait in the queue
//! cargo run -p orders -- --impl 6 --close-after 6   # closing time in the middle of the rush
//! cargo run -p orders -- --patience 20           # shoppers who leave when it takes too long
//! cargo run -p orders -- --impl 5 --hold         # go on, and look inside with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - *oversold*: two locks, and a concurrent map, sell what is not there. That they are fast is no consolation.
//! - *till*: how many pay at once, at most. With one lock as many as come; a pool has a bound, and orders wait for their turn: *p99*.
//! - *nobody's*: orders in the books that no shopper was told of. With `--patience` the shops that hand an
//!   order to somebody else have some; only the last one takes them back.

mod shops;
mod watched;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit};
use orders::{Day, Evening, Till, rush};
use shops::{AnyShop, NAMES};
use watched::Watched;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Shoppers of the day that is drawn.
const DRAWN: u16 = 6;

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "orders",
        "A day in the shop",
        "The same shoppers order from eight shops, each one change away from the one before. See which sell what is not there, and what the others cost.",
    )
    .knob(
        Knob::new("impl", 0..=7)
            .default(1)
            .help("Which shop the picture is of: 0 in line, 1 two locks, 2 dashmap, 3 one lock, 4 clerk, 5 pool, 6 closing, 7 context"),
    )
    .knob(Knob::new("shoppers", 1..=200).default(40).unit("shoppers").help("How many come at once; each orders three times"))
    .knob(Knob::new("stock", 1..=500).default(25).unit("pieces").help("How many pieces there are of each of the four products"))
    .knob(Knob::new("work", 1..=50).default(5).unit("ms").help("How long paying takes"))
    .knob(Knob::new("workers", 1..=32).default(4).unit("tasks").help("How many work in the shops that have a pool"))
    .knob(
        Knob::new("close-after", 0..=600)
            .default(20)
            .unit("orders")
            .help("The shops 6 and 7 close when so many orders are answered; 0: they stay open"),
    )
    .knob(
        Knob::new("patience", 0..=200)
            .unit("ms")
            .help("A shopper gives an order up when it takes longer; 0: they wait"),
    )
    .figure("race", &[])
    .figure("pool", &[("impl", 5)])
    .figure("closing", &[("impl", 6), ("close-after", 6)])
    .figure("impatient", &[("impl", 7), ("close-after", 0), ("patience", 20)])
}

/// The same day in each shop. Held open, in the reader's only.
async fn story(lab: Context) -> Result<Report> {
    let asked: usize = lab.knob("impl");
    let mut report = columns();
    for (shop, name) in NAMES.iter().enumerate() {
        if lab.is_held() && shop != asked {
            continue;
        }
        lab.progress(name);
        report.row(day_in(&lab, shop, lab.knob("shoppers")).await);
        if shop == asked {
            report.highlight = Some(report.rows.len() - 1);
        }
    }
    if !lab.is_held() {
        let all = lab.knob("shoppers");
        let drawn = DRAWN.min(all);
        lab.record(day_in(&lab, asked, drawn)).await;
        let name = NAMES[asked];
        report.note(if drawn < all {
            format!("The picture shows {name} with {drawn} shoppers and a quarter of the stock.")
        } else {
            format!("The picture shows {name} on one more such day.")
        });
    }
    report.note("refused: sold out, or closed. left: lost patience. oversold: pieces. nobody's: orders in the books that no shopper was told of. \
         orders, p99: of those that were taken. till: how many paid at once, at most.");
    Ok(report)
}

/// One day in a shop, and what is found in the evening.
async fn day_in(lab: &Context, shop: usize, shoppers: u16) -> [Cell; 9] {
    let full: u16 = lab.knob("shoppers");
    let stock: u16 = lab.knob("stock");
    let day = Day {
        shoppers,
        // Fewer shoppers find less, or there would be nothing to race for.
        stock: if shoppers < full {
            stock.div_ceil(4)
        } else {
            stock
        },
        workers: lab.knob("workers"),
    };
    let till = Till::shown(lab, Duration::from_millis(lab.knob("work")));
    let open = AnyShop::open(shop, day, &till);
    let shop = Arc::new(Watched::new(lab, open));
    let began = Instant::now();
    let answers = rush(day, &shop).await;
    let took = began.elapsed();
    let books = shop.evening().await;
    let evening = Evening::of(day, &answers, &books);
    [
        shop.name().into(),
        count(evening.taken),
        count(evening.sold_out + evening.closed),
        count(evening.too_late),
        (evening.oversold as u64).into(),
        count(evening.for_nobody),
        (evening.taken as f64 / took.as_secs_f64()).into(),
        shop.latency().quantile(0.99).into(),
        count(till.most()),
    ]
}

fn count(orders: usize) -> Cell {
    (orders as u64).into()
}

fn columns() -> Report {
    Report::new([
        Column::new("shop", Unit::None),
        Column::new("taken", Unit::Count),
        Column::new("refused", Unit::Count),
        Column::new("left", Unit::Count),
        Column::new("oversold", Unit::Count),
        Column::new("nobody's", Unit::Count),
        Column::new("orders", Unit::PerSecond),
        Column::new("p99", Unit::Nanoseconds),
        Column::new("till", Unit::Count),
    ])
}
