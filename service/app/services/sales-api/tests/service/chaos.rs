//! Faults on purpose, as the program's users meet them.

use crate::support::{Client, Service, order};

#[tokio::test]
async fn rules_hold_for_their_routes_alone_and_are_counted() {
    let directory = tempfile::tempdir().expect("a directory");
    let rules = "seed=1; POST /v1/orders error=1; /v1/statistics drop=1";
    let service = Service::new(directory.path())
        .flags(&["--chaos", rules])
        .start();
    let client = service.client();
    let answer = client.post("/v1/orders", &order(&[(1, 1)])).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (500, "internal")
    );
    assert_eq!(client.get("/v1/orders").await.status, 200);
    // A connection of its own: nothing but the end of it.
    let other = Client::new(service.api);
    let dropped = other
        .send(http::Method::GET, "/v1/statistics", &[], "")
        .await;
    assert!(dropped.is_err(), "{dropped:?}");
    assert_eq!(client.get("/v1/readiness").await.status, 200);
    let variables = service.variables().await;
    let chaos = &variables["chaos"];
    assert_eq!(
        chaos["in_force"],
        "seed=1; POST /v1/orders error=1; * /v1/statistics drop=1"
    );
    assert_eq!(chaos["effects"]["error"], 1);
    // Who gets no answer may try again on its own.
    assert!(chaos["effects"]["drop"].as_u64() >= Some(1), "{chaos}");
}
