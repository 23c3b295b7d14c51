//! The program on a real PostgreSQL server.

use crate::server;
use crate::support::{Service, order, run_to_end};

/// The program on free ports with this store.
fn service(store: &str) -> Service {
    let mut service = Service::bare();
    service.flags(&["--api", "127.0.0.1:0", "--debug", "127.0.0.1:0"]);
    service.flags(&["--log", "json", "--log-level", "trace", "--store", store]);
    service
}

#[tokio::test]
async fn orders_are_taken_and_found_again_and_the_password_is_shown_nowhere() {
    let store = server::url("postgres").replace("sales@", "sales:canary@");
    let service_of = || service(&store).start();
    let service = service_of();
    let answer = service.client().get("/v1/readiness").await;
    assert_eq!(answer.status, 200);
    let answer = service.client().post("/v1/orders", &order(&[(1, 2)])).await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    let id = answer.json()["id"].clone();

    let variables = service.variables().await;
    assert_eq!(variables["orders_placed"], 1);
    assert_eq!(variables["store"]["commits"], 1);
    let pool = &variables["store"]["pool"];
    assert!(pool["size"].as_u64() >= Some(4), "{pool}");
    assert_eq!(pool["in_use"], 0, "{pool}");
    assert!(!variables.to_string().contains("canary"), "{variables}");
    let (status, log) = service.stop().await;
    assert!(status.success(), "{log}");
    assert!(!log.contains("canary"), "{log}");
    assert!(log.contains("postgres://***@"), "{log}");

    let again = service_of();
    let answer = again.client().get(&format!("/v1/orders/{id}")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["id"], id);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let output = run_to_end(&mut service("postgres://me:canary@127.0.0.1:1/sales"));
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let expected = "sales-api: cannot open the store postgres://***@127.0.0.1:1/sales: no server listens there";
    assert_eq!(stderr.trim_end(), expected);
}
