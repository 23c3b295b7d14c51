//! The CPU profile of the service at work shows its own functions by name.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Process, Service};
use profile::Profile;
use tokio::task::JoinSet;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_under_load_names_the_services_own_functions() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--log-level", "warn,sales_api=info"])
        .start();
    let stop = Arc::new(AtomicBool::new(false));
    let mut shoppers = shop(&service, &stop);

    // A busy machine leaves few samples to a capture, so there may be several.
    let mut missing: BTreeSet<&str> = OWN.into();
    for _ in 0..MOST_CAPTURES {
        let names = capture(&service).await;
        missing.retain(|own| !names.iter().any(|name| name.contains(own)));
        if missing.is_empty() {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    while shoppers.join_next().await.is_some() {}
    assert!(missing.is_empty(), "{missing:?}");
}

/// Parts of names that have to be there: the handlers' JSON, the writer and an order's work in it,
/// the readers.
const OWN: [&str; 4] = [
    "sales_api::wire::",
    "stores::sqlite::writer::",
    "stores::sqlite::place::place",
    "stores::sqlite::read::products",
];
const MOST_CAPTURES: usize = 20;

/// The names of the functions in one second of the service's life.
async fn capture(service: &Process) -> BTreeSet<String> {
    let answer = service
        .debug_client()
        .get("/debug/pprof/profile?seconds=1")
        .await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let profile = Profile::decode(&answer.body).expect("a profile");
    profile
        .functions
        .iter()
        .map(|function| function.name.to_string())
        .collect()
}

/// Shoppers who browse and order until told to stop.
fn shop(service: &Process, stop: &Arc<AtomicBool>) -> JoinSet<()> {
    let mut shoppers = JoinSet::new();
    for product in 1..=8 {
        let (client, stop) = (service.client(), Arc::clone(stop));
        shoppers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                client.get("/v1/products").await;
                client.try_order(product, 1).await.expect("served");
            }
        });
    }
    shoppers
}
