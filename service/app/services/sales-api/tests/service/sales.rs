//! Many shoppers at once, and what the service says of it.

use crate::support::{order, spawn_app_with_stock};
use serde_json::Value;
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
    let store = &variables["store"];
    assert_eq!(store["write_queue"], 0);
    assert_eq!(store["commits"], store["commit_ns"]["count"]);
    assert_eq!(store["batch"]["sum"], 500);
    assert_eq!(store["commits_failed"], 0);
}
