//! What the tests work with.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use order::{Line, NewOrder, Order, PlaceError, Purchase};
use stores::{Any, Location, Memory, Options, seed};
use tempfile::TempDir;
use types::{Direction, OrderId, ProductId, Quantity};

/// Which store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
    Memory,
}

/// Keeps what a store lives in until the test is over.
pub(crate) enum Home {
    Directory {
        _directory: TempDir,
    },
    #[cfg(feature = "postgres")]
    Server,
    Process,
}

impl Kind {
    /// A place for a store of its own, where it outlives the process.
    pub(crate) fn home(self) -> (Location, Home) {
        match self {
            Kind::Sqlite => {
                let directory = tempfile::tempdir().expect("a directory");
                let location = Location::Sqlite(file(directory.path()));
                (
                    location,
                    Home::Directory {
                        _directory: directory,
                    },
                )
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres => {
                let url = crate::server::new_database();
                (url.parse().expect("a location"), Home::Server)
            }
            Kind::Memory => panic!("memory is no place to come back to"),
        }
    }

    /// A store with so many pieces of everything.
    pub(crate) async fn store(self, pieces: i64) -> (Any, Home) {
        self.open(stocked(pieces)).await
    }

    /// A store that tells of each change in an event.
    pub(crate) async fn store_with_events(self, pieces: i64) -> (Any, Home) {
        let options = Options {
            events: true,
            ..stocked(pieces)
        };
        self.open(options).await
    }

    async fn open(self, options: Options) -> (Any, Home) {
        if let Kind::Memory = self {
            let mut store = Memory::new(options.seed);
            if options.events {
                store = store.with_events().expect("it is open");
            }
            return (Any::Memory(store), Home::Process);
        }
        let (location, home) = self.home();
        let store = Any::open(&location, &options, ()).await;
        (store.expect("opens"), home)
    }
}

/// The database of a directory.
pub(crate) fn file(directory: &Path) -> std::path::PathBuf {
    directory.join("deep/sales.db")
}

pub(crate) fn stocked(pieces: i64) -> Options {
    Options {
        seed: seed::with_stock(pieces),
        // Many tests run at once, and a machine may be slow.
        connection_timeout: Duration::from_mins(1),
        statement_timeout: Duration::from_mins(1),
        lock_timeout: Duration::from_mins(1),
        ..Options::default()
    }
}

pub(crate) fn id(number: i64) -> ProductId {
    ProductId::new(number).expect("in range")
}

pub(crate) fn order(of: &[(i64, i64)]) -> NewOrder {
    let line = |&(product, quantity): &(i64, i64)| Line {
        product: id(product),
        quantity: Quantity::new(quantity).expect("in range"),
    };
    NewOrder::new(of.iter().map(line).collect()).expect("a valid order")
}

pub(crate) fn at() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)
}

pub(crate) async fn place(
    store: &impl order::Store,
    of: &[(i64, i64)],
) -> Result<Order, PlaceError> {
    let placed = store.place(Purchase::anonymous(order(of), at())).await?;
    Ok(placed.order)
}

/// The first orders, oldest first.
pub(crate) async fn orders(store: &impl order::Store, count: usize) -> Vec<Order> {
    let all = order::Query::default();
    store.orders(all, count).await.expect("readable")
}

pub(crate) async fn stock(store: &impl product::Store, product: i64) -> i64 {
    let product = store.product(id(product)).await.expect("readable");
    product.expect("one of the catalogue").stock.get()
}

/// The numbers of the orders after this one (0: of all).
pub(crate) async fn list(
    store: &impl order::Store,
    after: i64,
    direction: Direction,
    count: usize,
) -> Vec<i64> {
    let query = order::Query {
        after: OrderId::new(after).ok(),
        direction,
        ..order::Query::default()
    };
    let orders = store.orders(query, count).await.expect("readable");
    orders.iter().map(|order| order.id.get()).collect()
}
