//! What a price list promises to customers and to the supplier.

use super::exercise::Prices;
use gym::sync::oneshot;
use gym::{Check, expect, note, task};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("one after the other", alone)
        .when_stuck("One task alone waits for a lock: it holds it already.")
        .case("two want the same new price", same)
        .when_stuck("One has asked, and the other waits for a lock that nobody gives back.")
        .case("another shard does not wait", other_shard)
        .when_stuck(
            "Product 1 lies in another shard than product 0, and its customer still waits until the price of product 0 is known. \
             Lock only the shard that the product is in.",
        )
}

/// A supplier whose price rises with each question.
#[derive(Default)]
struct Supplier(AtomicU64);

impl Supplier {
    async fn ask(&self) -> u64 {
        // Asking takes a while: anybody may come meanwhile.
        task::yield_now().await;
        note("asks the supplier");
        10 + self.0.fetch_add(1, Ordering::Relaxed)
    }

    fn asked(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn asked(supplier: &Supplier, times: u64, why: &str) {
    let expected = match times {
        1 => "the supplier is asked once".to_owned(),
        _ => format!("the supplier is asked {times} times"),
    };
    let observed = || format!("it is asked {} times", supplier.asked());
    expect(supplier.asked() == times, &expected, observed, why);
}

async fn alone() {
    let (prices, supplier) = (Prices::new(2), Supplier::default());
    let mut told = Vec::new();
    for product in [0, 0, 2] {
        told.push(prices.price(product, supplier.ask()).await);
    }
    asked(
        &supplier,
        2,
        "Once for product 0, whose price is known the second time, and once for product 2. A future that nobody awaits asks nothing.",
    );
    expect(
        told == [10, 10, 11],
        "10 for product 0, the same again, 11 for product 2",
        || format!("{told:?}"),
        "What is known is kept, by product.",
    );
}

async fn same() {
    let (prices, supplier) = (Arc::new(Prices::new(2)), Arc::new(Supplier::default()));
    let customers = ["anna", "ben"].map(|name| {
        let (prices, supplier) = (Arc::clone(&prices), Arc::clone(&supplier));
        task::spawn_named(name, async move {
            let price = prices.price(0, supplier.ask()).await;
            note(format!("is told {price}"));
            price
        })
    });
    let told = task::join_all(customers).await;
    asked(
        &supplier,
        1,
        "Both have looked before either had inserted a price, and so both have asked.",
    );
    expect(
        told == [Ok(10), Ok(10)],
        "both are told 10",
        || format!("{told:?}"),
        "There is one price.",
    );
}

async fn other_shard() {
    let prices = Arc::new(Prices::new(2));
    let (answer, answered) = oneshot::channel();
    let slow = Arc::clone(&prices);
    let anna = task::spawn_named("anna", async move {
        slow.price(0, async { answered.await.unwrap_or_default() })
            .await
    });
    // The supplier answers anna only after this one is served.
    let told = prices.price(1, async { 20 }).await;
    expect(
        told == 20,
        "20 for product 1",
        || told.to_string(),
        "That is what its supplier says.",
    );
    let sent = answer.send(10);
    let price = anna.await;
    expect(
        sent.is_ok() && price == Ok(10),
        "anna is told 10",
        || format!("{price:?}"),
        "That is what the supplier says in the end.",
    );
}
