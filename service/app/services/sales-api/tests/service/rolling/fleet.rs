//! The instances that are restarted.

use std::net::SocketAddr;

use serde_json::Value;
use tempfile::TempDir;

use super::shoppers::{Order, read};
use crate::support::{Client, Process, Service};

/// How many there are.
pub(super) const INSTANCES: usize = 3;
/// What befalls the slow requests: they begin before an instance is told to end and are answered after it has closed.
const SLOW: &str = "/v1/shop latency=1100ms..1900ms";

pub(super) struct Fleet {
    running: Vec<Option<Process>>,
    stores: Vec<String>,
    delay: &'static str,
    _directory: Option<TempDir>,
}

impl Fleet {
    /// Each with a file of its own. `delay`: how long they go on serving when they are told to end.
    pub(super) fn of_files(delay: &'static str) -> Fleet {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |number| directory.path().join(format!("{number}.db"));
        let stores = (0..INSTANCES).map(|number| format!("sqlite:{}", file(number).display()));
        Fleet::new(stores.collect(), delay, Some(directory))
    }

    /// All with one store.
    #[cfg(feature = "postgres")]
    pub(super) fn of_one(store: &str, delay: &'static str) -> Fleet {
        Fleet::new(vec![store.to_owned(); INSTANCES], delay, None)
    }

    fn new(stores: Vec<String>, delay: &'static str, directory: Option<TempDir>) -> Fleet {
        let running = stores.iter().map(|store| Some(start(store, delay)));
        Fleet {
            running: running.collect(),
            stores,
            delay,
            _directory: directory,
        }
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.running.iter().flatten().map(|one| one.api).collect()
    }

    /// Ends one as it should end, and starts another with its store; where that one is.
    pub(super) async fn replace(&mut self, number: usize) -> SocketAddr {
        let old = self.running[number].take().expect("it runs");
        let (status, log) = old.stop().await;
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("\"cut_off\":0"), "{log}");
        let new = tokio::task::block_in_place(|| start(&self.stores[number], self.delay));
        self.running[number].insert(new).api
    }

    /// Those in the stores: number, product, pieces.
    pub(super) async fn orders(&self) -> Vec<Order> {
        let mut all = Vec::new();
        let mut read = Vec::new();
        for (process, store) in self.running.iter().flatten().zip(&self.stores) {
            if !read.contains(&store) {
                read.push(store);
                orders(&Client::new(process.api), &mut all).await;
            }
        }
        all
    }
}

fn start(store: &str, delay: &str) -> Process {
    let mut service = Service::bare();
    service
        .flags(&["--api", "127.0.0.1:0", "--debug", "127.0.0.1:0"])
        // Nobody reads the log while it runs: no request lines.
        .flags(&["--log", "json", "--log-level", "warn,sales_api=info"])
        .flags(&["--store", store, "--drain-delay", delay])
        .flags(&["--chaos", SLOW]);
    service.start()
}

async fn orders(client: &Client, all: &mut Vec<Order>) {
    let mut after = String::new();
    loop {
        let path = format!("/v1/orders?limit=100{after}");
        let page = client.get(&path).await.json();
        let items = page["items"].as_array().expect("items").iter();
        all.extend(items.map(read));
        match &page["next"] {
            Value::Null => return,
            next => after = format!("&after={next}"),
        }
    }
}
