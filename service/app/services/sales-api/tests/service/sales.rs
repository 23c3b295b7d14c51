//! Many shoppers at once, and what the service says of it.

use crate::support::{order, spawn_app_with_stock};
use serde_json::Value;
use shop::Store as _;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_shoppers_never_get_more_than_there_is() {
    let app = spawn_app_with_stock(100).await;
    let mut shoppers = JoinSet::new();
    for shopper in 0..50_i64 {
        let client = app.new_client();
        shoppers.spawn(async move {
            let mut pieces = 0;
            for turn in 0..10 {
                let wanted = 1 + (shopper + turn) % 3;
                let answer = client
                    .post("/v1/orders", &order(&[(1, wanted), (2, 1)]))
                    .await;
                match (answer.status.as_u16(), answer.code().as_str()) {
                    (201, _) => pieces += wanted,
                    (409, "out_of_stock") => {}
                    other => panic!("{other:?}"),
                }
            }
            pieces
        });
    }
    let sold: i64 = shoppers.join_all().await.iter().sum();
    assert_eq!(app.stock(1).await, 100 - sold);
    // Whoever wants one piece still gets it while there is one.
    assert!(sold >= 98, "{sold}");

    let variables: Value = serde_json::from_str(&app.variables.to_json()).expect("JSON");
    let placed = variables["orders_placed"].as_i64().expect("a number");
    let rejected = variables["orders_rejected"]["out_of_stock"]
        .as_i64()
        .expect("a number");
    assert_eq!(placed + rejected, 500);
    assert_eq!(app.stock(2).await, 100 - placed);
    assert_eq!(variables["pieces_sold"], sold + placed);
    assert_eq!(variables["revenue"]["EUR"], sold * 2_490 + placed * 1_250);
    assert_eq!(variables["orders_reversed"], 0);
    assert_eq!(variables["shop_open"], 1);
    let store = &variables["store"];
    assert_eq!(store["write_queue"], 0);
    assert_eq!(store["commits"], store["commit_ns"]["count"]);
    assert_eq!(store["batch"]["sum"], 500);
    assert_eq!(store["commits_failed"], 0);
}

#[tokio::test]
async fn what_is_taken_back_is_counted_once_and_the_door_is_seen() {
    let app = spawn_app_with_stock(10).await;
    let two_and_one = order(&[(1, 2), (2, 1)]);
    let placed = app.client.post("/v1/orders", &two_and_one).await;
    assert_eq!(placed.status, 201);
    for _ in 0..2 {
        let reversed = app.client.post("/v1/orders/1/reversal", &Value::Null);
        assert_eq!(reversed.await.status, 200);
    }
    let variable = |name: &str| {
        let all: Value = serde_json::from_str(&app.variables.to_json()).expect("JSON");
        all[name].clone()
    };
    assert_eq!(variable("orders_reversed"), 1);
    assert_eq!(variable("pieces_returned"), 3);
    assert_eq!(variable("revenue_reversed")["EUR"], 2 * 2_490 + 1_250);
    assert_eq!(
        variable("revenue"),
        variable("revenue_reversed"),
        "what was sold stays counted"
    );
    for (change, open) in [("close", 0), ("open", 1)] {
        let path = format!("/v1/shop/{change}");
        assert_eq!(app.client.post(&path, &Value::Null).await.status, 200);
        assert_eq!(variable("shop_open"), open);
    }
    // Closed behind its back, as by another instance.
    let closed = app.store.set_open(false, std::time::SystemTime::now());
    closed.await.expect("writable");
    let refused = app.client.post("/v1/orders", &order(&[(1, 1)])).await;
    assert_eq!(refused.code(), "shop_closed");
    assert_eq!(variable("shop_open"), 0);
}
