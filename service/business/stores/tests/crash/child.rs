//! The process that is killed.

use std::time::{Duration, SystemTime};

use order::{Line, NewOrder, PlaceError, Purchase, ReverseError, Store as _};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use stores::options::Sabotage;
use stores::{Any, Options};
use types::{ProductId, Quantity, StoreError};

/// Its settings, in its environment.
pub(crate) const STORE: &str = "CRASH_STORE";
pub(crate) const SEED: &str = "CRASH_SEED";
pub(crate) const SABOTAGE: &str = "CRASH_SABOTAGE";
/// Set if its server is killed, and not itself.
pub(crate) const SERVER_DIES: &str = "CRASH_SERVER_DIES";

/// So many order at once.
const SHOPPERS: u64 = 8;

/// Not a test: the others start it as a process of its own. Without its settings it does nothing.
#[test]
#[ignore = "it is started by the other tests, and killed"]
fn child() {
    let Ok(store) = std::env::var(STORE) else {
        return;
    };
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seed = number(SEED).expect("a seed");
    let sabotage = match number(SABOTAGE) {
        Some(1) => Sabotage::NeverSync,
        Some(2) => Sabotage::AnswerEarly,
        _ => Sabotage::None,
    };
    let options = Options {
        sabotage,
        ..patient()
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let location = store.parse().expect("a location");
        let store = Any::open(&location, &options, ()).await.expect("opens");
        let shoppers = (0..SHOPPERS).map(|shopper| {
            let random = StdRng::seed_from_u64(seed.wrapping_mul(SHOPPERS) + shopper);
            tokio::spawn(shop(store.clone(), random))
        });
        for shopper in shoppers.collect::<Vec<_>>() {
            shopper.await.expect("no panics");
        }
    });
}

/// The machine may be busy, and a server may be recovering.
pub(crate) fn patient() -> Options {
    Options {
        connection_timeout: Duration::from_mins(1),
        statement_timeout: Duration::from_mins(1),
        lock_timeout: Duration::from_mins(1),
        ..Options::default()
    }
}

/// Orders, and now and then thinks better of it, until the process is killed.
async fn shop(store: Any, mut random: StdRng) {
    loop {
        let product = random.random_range(1..=12);
        let pieces = random.random_range(1..=5);
        let line = Line {
            product: ProductId::new(product).expect("in range"),
            quantity: Quantity::new(pieces).expect("in range"),
        };
        let order = NewOrder::new(vec![line]).expect("a valid order");
        let placed = store.place(Purchase::anonymous(order, SystemTime::now()));
        let id = match placed.await {
            Ok(placed) => placed.order.id,
            Err(PlaceError::Store(error)) => end(&error),
            Err(PlaceError::Rejected(rejection)) => panic!("{rejection}"),
        };
        println!("acknowledged placed {id} {product} {pieces}");
        if random.random_ratio(1, 5) {
            match store.reverse(id, None, SystemTime::now()).await {
                Ok(_) => {}
                Err(ReverseError::Store(error)) => end(&error),
                Err(other) => panic!("{other}"),
            }
            println!("acknowledged reversed {id} {product} {pieces}");
        }
    }
}

/// The store failed. Without its server this process has nothing more to say, and must not go on once there is one again.
fn end(error: &StoreError) -> ! {
    assert!(std::env::var_os(SERVER_DIES).is_some(), "{error}");
    std::process::exit(0)
}
