//! The check at the end finds what a broken service has done.

use crate::faults::Fault;
use crate::support::{Door, End, Service, end, load};

async fn run(fault: Fault) -> End {
    let service = Service::start(Door::with(fault));
    let flags = ["--rate", "200", "--duration", "1s"];
    end(load(&service.url(), &flags)).await
}

fn detail<'a>(ended: &'a End, check: &str) -> &'a str {
    let detail = &ended.summary["verification"]["checks"][check]["detail"];
    detail.as_str().expect("a text")
}

#[tokio::test]
async fn an_acknowledged_order_that_is_not_there_is_found() {
    let ended = run(Fault::Forgets).await;
    assert_eq!(ended.code, Some(1), "{}", ended.summary);
    assert!(!ended.held("orders") && !ended.held("counted"));
    let said = detail(&ended, "orders");
    assert!(said.contains("LOST") && said.contains("1000004"), "{said}");
    // Nothing else is wrong with the books.
    assert!(ended.held("stock") && ended.held("balance"));
}

#[tokio::test]
async fn a_product_that_is_oversold_is_found() {
    let ended = run(Fault::Oversells).await;
    assert_eq!(ended.code, Some(1), "{}", ended.summary);
    assert!(!ended.held("stock") && !ended.held("balance"));
    assert_eq!(
        detail(&ended, "stock"),
        "product 1 has -3 pieces, 1000000 were supplied"
    );
    assert!(ended.held("orders"), "{}", ended.summary);
}

#[tokio::test]
async fn others_may_order_at_the_same_time_and_are_not_mistaken_for_a_fault() {
    let service = Service::start(Door::with(Fault::None));
    let flags = ["--rate", "100", "--duration", "1s"];
    let other = load(&service.url(), &["--rate", "100", "--duration", "2s"]);
    let ended = end(load(&service.url(), &flags)).await;
    ended.is_fine();
    end(other).await.is_fine();
}
