//! The CPU profile of the service at work shows its own functions by name.

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

    let answer = service
        .debug_client()
        .get("/debug/pprof/profile?seconds=2")
        .await;
    stop.store(true, Ordering::Relaxed);
    while shoppers.join_next().await.is_some() {}

    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let profile = Profile::decode(&answer.body).expect("a profile");
    let names: Vec<&str> = profile
        .functions
        .iter()
        .map(|function| &*function.name)
        .collect();
    for wanted in [
        "sales_api::routes::",
        "stores::sqlite::place::place",
        "stores::sqlite::writer::",
        "stores::sqlite::read::",
    ] {
        assert!(
            names.iter().any(|name| name.contains(wanted)),
            "{wanted} in {names:#?}"
        );
    }
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
