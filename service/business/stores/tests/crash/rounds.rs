//! Kill, look, and again.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use order::{Order, Query, Status, Store as _};
use product::Store as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use statistics::Store as _;
use stores::Any;
use stores::options::Sabotage;

use crate::child;
use crate::disk::Disk;

/// Rounds that one store lives through; then a new one begins, because reading all orders after each round takes longer
/// with every round.
const LIFE: u64 = 50;

/// What is killed, and where it writes.
pub(crate) struct Round {
    pub(crate) store: String,
    pub(crate) disk: Disk,
    pub(crate) sabotage: Sabotage,
    pub(crate) victim: Victim,
}

/// Who is killed.
pub(crate) enum Victim {
    /// The process that orders.
    Child,
    /// The server it orders from, which then recovers.
    #[cfg(all(feature = "postgres", target_os = "linux"))]
    Server(crate::mortal::Server),
}

/// What the child said of an order.
#[derive(Clone, Copy, Debug)]
struct Said {
    product: i64,
    pieces: i64,
    reversed: bool,
}

/// What was found in all rounds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    rounds: u64,
    /// Acknowledged.
    placed: u64,
    reversed: u64,
    /// What is wrong with the store after the last round.
    fault: Option<String>,
}

/// So many rounds; ends with the first that finds something wrong. `CRASH_ROUNDS` sets another number, `CRASH_SECONDS` an
/// end before, `CRASH_FIRST_SEED` other moments. `new` makes a store that nobody has used.
pub(crate) fn rounds(rounds: u64, new: impl Fn() -> Round) -> Found {
    let rounds = set("CRASH_ROUNDS").unwrap_or(rounds);
    let first = set("CRASH_FIRST_SEED").unwrap_or(1);
    let mut found = Found::default();
    let (mut round, mut said) = (new(), BTreeMap::new());
    let (started, seconds) = (Instant::now(), set("CRASH_SECONDS"));
    let is_over = || seconds.is_some_and(|seconds| started.elapsed().as_secs() >= seconds);
    for seed in first..first + rounds {
        if found.rounds > 0 && is_over() {
            break;
        }
        if found.rounds > 0 && found.rounds.is_multiple_of(LIFE) {
            found.count(&said);
            (round, said) = (new(), BTreeMap::new());
        }
        let acknowledged = run_and_kill(&mut round, seed, &mut said);
        round.disk.cut();
        found.rounds += 1;
        if let Err(fault) = check(&round, &said) {
            let fault =
                format!("seed {seed}, killed after {acknowledged} acknowledgements: {fault}");
            found.fault = Some(fault);
            break;
        }
    }
    found.count(&said);
    found.tell();
    found
}

fn set(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

impl Found {
    fn count(&mut self, said: &BTreeMap<i64, Said>) {
        self.placed += said.len() as u64;
        self.reversed += said.values().filter(|said| said.reversed).count() as u64;
    }

    /// In numbers, for the soak.
    fn tell(&self) {
        let Found {
            rounds,
            placed,
            reversed,
            fault,
        } = self;
        let faults = u8::from(fault.is_some());
        println!("found: rounds={rounds} placed={placed} reversed={reversed} faults={faults}");
    }

    #[track_caller]
    pub(crate) fn nothing_is_wrong(&self) {
        assert_eq!(self.fault, None);
        assert!(self.placed > 0, "{self:?}");
    }

    #[track_caller]
    pub(crate) fn an_order_is_lost(&self) {
        let fault = self.fault.as_ref().expect("orders are lost");
        assert!(fault.contains("is lost"), "{fault}");
    }
}

/// Starts a child and kills it, or its server, after it has acknowledged a random number of times. What it had said by
/// then counts, even if it is read later.
fn run_and_kill(round: &mut Round, seed: u64, said: &mut BTreeMap<i64, Said>) -> u64 {
    let limit = StdRng::seed_from_u64(seed).random_range(1..300);
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "child::child", "--ignored", "--nocapture"])
        .env(child::STORE, &round.store)
        .env(child::SEED, seed.to_string())
        .env(child::SABOTAGE, (round.sabotage as u8).to_string())
        .stdout(Stdio::piped());
    if !matches!(round.victim, Victim::Child) {
        command.env(child::SERVER_DIES, "1");
    }
    round.disk.attach(&mut command);
    let mut process = command.spawn().expect("starts");
    let mut output = BufReader::new(process.stdout.take().expect("piped"));
    let mut count = 0;
    let mut line = String::new();
    loop {
        line.clear();
        output.read_line(&mut line).expect("text");
        // A process that ends writes unbuffered, in pieces, and the last one may be missing: what is cut off was not said.
        let Some(whole) = line.strip_suffix('\n') else {
            break;
        };
        let Some((_, words)) = whole.split_once("acknowledged ") else {
            continue;
        };
        let mut words = words.split(' ');
        let what = words.next().expect("what was done");
        let mut number = || -> i64 {
            words
                .next()
                .and_then(|word| word.parse().ok())
                .expect("a number")
        };
        let (id, product, pieces) = (number(), number(), number());
        let reversed = what == "reversed";
        said.insert(
            id,
            Said {
                product,
                pieces,
                reversed,
            },
        );
        count += 1;
        if count == limit {
            match &mut round.victim {
                Victim::Child => process.kill().expect("it runs"),
                #[cfg(all(feature = "postgres", target_os = "linux"))]
                Victim::Server(server) => server.kill(),
            }
        }
    }
    process.wait().expect("it is gone");
    #[cfg(feature = "postgres")]
    if matches!(round.victim, Victim::Child) && round.store.starts_with("postgres:") {
        wait_for_its_sessions(&round.store);
    }
    assert!(
        count >= limit,
        "it ended by itself after {count} acknowledgements"
    );
    #[cfg(all(feature = "postgres", target_os = "linux"))]
    if let Victim::Server(server) = &mut round.victim {
        server.wait();
    }
    count
}

/// The server goes on with what a killed client had sent, and may commit it while the store is being checked: waits until the
/// server has noticed that nobody is there.
#[cfg(feature = "postgres")]
fn wait_for_its_sessions(store: &str) {
    let others = "select count(*) from pg_stat_activity \
                  where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()";
    loop {
        let asked = Command::new(crate::server::programs().join("psql"))
            .args(["-X", "-A", "-t", "-c", others, store])
            .output()
            .expect("psql starts");
        let complaint = String::from_utf8_lossy(&asked.stderr);
        assert!(asked.status.success(), "{complaint}");
        if asked.stdout.trim_ascii() == b"0" {
            return;
        }
    }
}

fn check(round: &Round, said: &BTreeMap<i64, Said>) -> Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let location = round.store.parse().expect("a location");
        let store = Any::open(&location, &child::patient(), ()).await;
        let store = store.map_err(|error| error.to_string())?;
        let checked = check_store(&store, said).await;
        store.close().await;
        checked
    })
}

async fn check_store(store: &Any, said: &BTreeMap<i64, Said>) -> Result<(), String> {
    let orders = all_orders(store).await;
    for (id, said) in said {
        let order = orders
            .get(id)
            .ok_or_else(|| format!("order {id} is lost"))?;
        check_order(order, said)?;
    }
    check_shelves(store, &orders).await
}

fn check_order(order: &Order, said: &Said) -> Result<(), String> {
    let [line] = order.lines.as_slice() else {
        return Err(format!("order {} has other lines", order.id));
    };
    if (line.product.get(), i64::from(line.quantity.get())) != (said.product, said.pieces) {
        return Err(format!("order {} is another one: it is lost", order.id));
    }
    // One that was reversed without being acknowledged may be either.
    if said.reversed && order.status() != Status::Reversed {
        return Err(format!("the reversal of order {} is lost", order.id));
    }
    Ok(())
}

/// What is left, plus what was sold, minus what was given back, is what was supplied; and the totals
/// are the sums of the orders.
async fn check_shelves(store: &Any, orders: &BTreeMap<i64, Order>) -> Result<(), String> {
    let products = store.products(product::Query::default(), 100).await;
    for product in products.expect("readable") {
        let standing = orders
            .values()
            .filter(|order| order.status() == Status::Placed);
        let lines = standing.flat_map(|order| &order.lines);
        let sold = lines.filter(|line| line.product == product.id);
        let sold: i64 = sold.map(|line| i64::from(line.quantity.get())).sum();
        let (left, supplied) = (product.stock.get(), product.supplied.get());
        if left + sold != supplied {
            return Err(format!(
                "product {}: {left} left and {sold} sold of {supplied}",
                product.id
            ));
        }
    }
    let totals = store.totals().await.expect("readable");
    let placed: u64 = totals.iter().map(|totals| totals.placed).sum();
    let back: u64 = totals.iter().map(|totals| totals.revenue_back).sum();
    let reversed = orders
        .values()
        .filter(|order| order.status() == Status::Reversed);
    let reversed: u64 = reversed
        .map(|order| order.total.amount().unsigned_abs())
        .sum();
    if (placed, back) != (orders.len() as u64, reversed) {
        return Err(format!("totals do not add up: {totals:?}"));
    }
    Ok(())
}

async fn all_orders(store: &Any) -> BTreeMap<i64, Order> {
    let mut orders = BTreeMap::new();
    let mut query = Query::default();
    loop {
        let page = store.orders(query.clone(), 500).await.expect("readable");
        let Some(last) = page.last() else {
            return orders;
        };
        query.after = Some(last.id);
        orders.extend(page.into_iter().map(|order| (order.id.get(), order)));
    }
}
