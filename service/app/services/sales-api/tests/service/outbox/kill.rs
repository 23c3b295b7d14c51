//! The program is killed (SIGKILL) at any moment, again and again, while orders come in and events go out.
//!
//! A round: the program starts with the store of the round before, shoppers order and take back, and it is killed when it
//! has acknowledged, or the consumer has applied, a random number of times (the seed is the round's number). Now and then the
//! consumer dies as well. After the last round the program runs until nothing waits. Then the books must agree: each order in
//! the store has been told of to the consumer, which applied that once, and the consumer knows no other order. What it
//! refused is a dead letter that says so, and is applied once it was requeued.

mod books;
mod shoppers;

use std::time::Instant;

use event::Store as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rustix::process::Signal;
use serde_json::json;
use stores::{Any, Options};
use tempfile::TempDir;

use super::consumer::Consumer;
use crate::support::{Process, Service, in_time, until};
use books::Books;
use shoppers::{Acknowledged, Shoppers};

/// As many as a test can wait for; `OUTBOX_ROUNDS=500` for more, `OUTBOX_SECONDS` for an end before, `OUTBOX_FIRST_SEED` for
/// other moments.
const ROUNDS: u64 = 20;
/// Rounds that one store lives through; then its books are looked at, and a new one begins.
const LIFE: u64 = 50;
/// How many orders and reversals, or events, there are at most in a round.
const MOST: u64 = 150;
/// What the consumer refuses. Nobody takes these orders back: of each there is one event.
const REFUSED: [&str; 3] = ["order/2", "order/11", "product/3"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_applied_once_however_often_the_program_is_killed() {
    rounds(1, || {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("sales.db");
        (format!("sqlite:{}", file.display()), directory)
    })
    .await;
}

/// Two programs share a database and its events; one of them is killed, the other goes on.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_applied_once_though_one_of_two_programs_is_killed() {
    rounds(2, || {
        let directory = tempfile::tempdir().expect("a directory");
        (crate::server::new_database(), directory)
    })
    .await;
}

async fn rounds(programs: usize, new: impl Fn() -> (String, TempDir)) {
    let set = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (rounds, first) = (
        set("OUTBOX_ROUNDS").unwrap_or(ROUNDS),
        set("OUTBOX_FIRST_SEED").unwrap_or(1),
    );
    let (started, seconds) = (Instant::now(), set("OUTBOX_SECONDS"));
    let is_over = || seconds.is_some_and(|seconds| started.elapsed().as_secs() >= seconds);
    let mut books = Books::default();
    let mut done = 0;
    while done < rounds && (done == 0 || !is_over()) && books.faults.is_empty() {
        let (store, directory) = new();
        let mut life = Life::start(store, &directory, programs).await;
        for _ in 0..LIFE.min(rounds - done) {
            life.round(first + done).await;
            done += 1;
            if is_over() {
                break;
            }
        }
        life.end(&mut books).await;
    }
    println!("found: rounds={done} {books}");
    assert_eq!(books.faults, [""; 0], "first seed {first}, {done} rounds");
    assert!(books.orders > 0 && books.again > 0, "{books}");
}

/// What one store lives through.
struct Life {
    service: Service,
    running: Vec<Process>,
    store: String,
    consumer: Consumer,
    acknowledged: Acknowledged,
}

impl Life {
    async fn start(store: String, directory: &TempDir, programs: usize) -> Life {
        let consumer = Consumer::start(directory.path(), &REFUSED).await;
        let mut service = Service::bare();
        let url = consumer.url();
        service.flags(&["--api", "127.0.0.1:0", "--debug", "127.0.0.1:0"]);
        service.flags(&["--log", "json", "--store", &store, "--events", &url]);
        // The timeout is long for a busy machine; what a killed program had taken is free again some seconds later.
        service.flags(&["--events-timeout", "2s", "--events-attempts", "4"]);
        service.flags(&["--events-backoff", "20ms", "--drain", "30s"]);
        let mut life = Life {
            running: Vec::new(),
            service,
            store,
            consumer,
            acknowledged: Acknowledged::default(),
        };
        for _ in 0..programs {
            life.begin();
        }
        let restock = json!({"pieces": 1});
        let client = life.running[0].client();
        let answer = client.post("/v1/products/3/restock", &restock).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        life
    }

    fn begin(&mut self) {
        let started = tokio::task::block_in_place(|| self.service.start());
        self.running.push(started);
    }

    async fn round(&mut self, seed: u64) {
        let mut chance = StdRng::seed_from_u64(seed);
        let victim = chance.random_range(0..self.running.len());
        let enough = chance.random_range(1..=MOST);
        let consumer_dies = chance.random_bool(0.2);
        let victim = self.running.swap_remove(victim);
        let shoppers = Shoppers::start(victim.api);
        if chance.random_bool(0.5) {
            // Just when the consumer has them: the program does not know that yet.
            let before = self.consumer.report().applied;
            self.consumer.until(before + enough).await;
        } else {
            in_time("orders", shoppers.until(enough)).await;
        }
        if consumer_dies {
            self.consumer.die().await;
        }
        victim.signal(Signal::KILL);
        self.acknowledged.extend(shoppers.end().await);
        drop(victim);
        self.begin();
        if consumer_dies {
            self.consumer.come_back(&REFUSED).await;
        }
    }

    /// Lets it publish what is left, ends it, and looks at the books.
    async fn end(mut self, books: &mut Books) {
        let location = self.store.parse().expect("a location");
        let store = Any::open(&location, &Options::default(), ()).await;
        let store = store.expect("opens");
        let waiting = async || store.backlog().await.expect("readable").waiting;
        until("that nothing waits", async || waiting().await == 0).await;
        books.dead_letters(&store, &REFUSED).await;
        self.consumer.die().await;
        self.consumer.come_back(&[]).await;
        let client = self.running[0].client();
        let answer = client.post("/v1/events/dead/requeue", &json!({})).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        until("that nothing waits", async || waiting().await == 0).await;
        for process in std::mem::take(&mut self.running) {
            let (status, log) = process.stop().await;
            assert_eq!(status.code(), Some(0), "{log}");
        }
        books
            .compare(&store, &self.acknowledged, &self.consumer)
            .await;
        store.close().await;
    }
}
