//! Goods are moved between two shelves, each with a lock. Every order of steps is tried, twice: with each mover locking
//! the shelf it takes from first, and with both locking in the same order.
//!
//! `cargo run -p races --bin races-lock-order`

use std::sync::Arc;

use lab_format::draw::steps;
use races::explore::{Case, Mutex, every_order};

type Shelf = Mutex<u32>;

// ANCHOR: moves
async fn take_first(from: &Shelf, to: &Shelf) {
    let mut from = from.lock().await;
    let mut to = to.lock().await; // with the first still in hand
    *from -= 1;
    *to += 1;
}

async fn shop_first(shop: &Shelf, store: &Shelf, move_one: impl FnOnce(&mut u32, &mut u32)) {
    let mut shop = shop.lock().await; // whoever moves what: the shop's shelf first
    let mut store = store.lock().await;
    move_one(&mut shop, &mut store);
}
// ANCHOR_END: moves

fn main() {
    explore("each locks first what it takes from", |case, shelves| {
        let theirs = Arc::clone(&shelves);
        case.task("restock", async move {
            take_first(&theirs.store, &theirs.shop).await;
        });
        case.task("return", async move {
            take_first(&shelves.shop, &shelves.store).await;
        });
    });
    explore("both lock the shop's shelf first", |case, shelves| {
        let theirs = Arc::clone(&shelves);
        case.task("restock", async move {
            shop_first(&theirs.shop, &theirs.store, |shop, store| {
                (*shop, *store) = (*shop + 1, *store - 1);
            })
            .await;
        });
        case.task("return", async move {
            shop_first(&shelves.shop, &shelves.store, |shop, store| {
                (*shop, *store) = (*shop - 1, *store + 1);
            })
            .await;
        });
    });
}

struct Shelves {
    shop: Shelf,
    store: Shelf,
}

fn explore(name: &str, movers: impl Fn(&mut Case, Arc<Shelves>)) {
    let explored = every_order(10_000, || {
        let shelves = Arc::new(Shelves {
            shop: Mutex::new("shop", 5),
            store: Mutex::new("store", 5),
        });
        let mut case = Case::new();
        movers(&mut case, shelves);
        case
    });
    println!(
        "{name}: {} orders, {} of them end in a deadlock",
        explored.orders, explored.failing
    );
    if let Some(fault) = explored.fault {
        println!("\n{}\n{fault}\n", steps(&explored.drawn, 60));
    }
}
