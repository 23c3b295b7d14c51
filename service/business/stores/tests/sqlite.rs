//! The store, through what the domains ask of it, on real files.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use order::{
    Line, NewOrder, Order, PlaceError, Purchase, Rejection, ReverseError, Status, Store as _,
};
use product::{ChangeError, Filter, SortBy, Store as _};
use rusqlite::Connection;
use shop::Store as _;
use statistics::Store as _;
use stores::{Batch, Location, Options, Sqlite, Watch, seed};
use tempfile::TempDir;
use tokio::task::JoinSet;
use types::{
    Currency, Direction, IdempotencyKey, Money, OrderId, ProductId, ProductName, Quantity,
    StoreError, UserId, UserName, Version,
};
use user::{CreateError, NewUser, Role, Roles, Store as _};

struct Fixture {
    directory: TempDir,
    store: Sqlite,
    batches: Batches,
}

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Batches(Arc<Mutex<Vec<Batch>>>);

impl Watch for Batches {
    fn batch(&self, batch: &Batch) {
        self.0.lock().expect("no panics").push(*batch);
    }
}

impl Batches {
    fn sizes(&self) -> Vec<usize> {
        self.0
            .lock()
            .expect("no panics")
            .iter()
            .map(|batch| batch.writes)
            .collect()
    }
}

fn location(directory: &Path) -> Location {
    Location::Sqlite(directory.join("deep/sales.db"))
}

fn fixture(options: &Options) -> Fixture {
    let directory = tempfile::tempdir().expect("a directory");
    let batches = Batches::default();
    let store = Sqlite::open(&location(directory.path()), options, batches.clone()).expect("opens");
    Fixture {
        directory,
        store,
        batches,
    }
}

fn stocked(pieces: i64) -> Options {
    Options {
        seed: seed::with_stock(pieces),
        ..Options::default()
    }
}

fn id(number: i64) -> ProductId {
    ProductId::new(number).expect("in range")
}

fn order(of: &[(i64, i64)]) -> NewOrder {
    let line = |&(product, quantity): &(i64, i64)| Line {
        product: id(product),
        quantity: Quantity::new(quantity).expect("in range"),
    };
    NewOrder::new(of.iter().map(line).collect()).expect("a valid order")
}

fn at() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)
}

async fn place(store: &Sqlite, of: &[(i64, i64)]) -> Result<Order, PlaceError> {
    let placed = store.place(Purchase::anonymous(order(of), at())).await?;
    Ok(placed.order)
}

/// The first orders, oldest first.
async fn orders(store: &Sqlite, count: usize) -> Vec<Order> {
    let all = order::Query::default();
    store.orders(all, count).await.expect("readable")
}

async fn stock(store: &Sqlite, product: i64) -> i64 {
    let product = store.product(id(product)).await.expect("readable");
    product.expect("one of the catalogue").stock.get()
}

/// The numbers of the orders after this one (0: of all).
async fn list(store: &Sqlite, after: i64, direction: Direction, count: usize) -> Vec<i64> {
    let query = order::Query {
        after: OrderId::new(after).ok(),
        direction,
        ..order::Query::default()
    };
    let orders = store.orders(query, count).await.expect("readable");
    orders.iter().map(|order| order.id.get()).collect()
}

/// Keeps the writer from beginning a transaction until it is dropped.
fn hold_lock(fixture: &Fixture) -> Connection {
    let connection = Connection::open(location(fixture.directory.path()).path()).expect("opens");
    connection
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody else writes");
    connection
}

#[tokio::test]
async fn an_order_takes_stock_and_is_kept() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(10));
    let placed = place(&store, &[(2, 3), (1, 1)])
        .await
        .expect("enough of both");
    assert_eq!(placed.id.get(), 1);
    assert_eq!(placed.placed_at, at());
    assert_eq!(placed.total.amount(), 3 * 1_250 + 2_490);
    assert_eq!(
        store.order(placed.id).await.expect("readable"),
        Some(placed)
    );
    assert_eq!(
        (
            stock(&store, 1).await,
            stock(&store, 2).await,
            stock(&store, 3).await
        ),
        (9, 7, 10)
    );
}

#[tokio::test]
async fn a_rejected_order_takes_nothing_and_leaves_no_trace() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(2));
    let short = place(&store, &[(1, 2), (2, 3)])
        .await
        .expect_err("not enough of 2");
    assert!(
        matches!(short, PlaceError::Rejected(Rejection::OutOfStock(_))),
        "{short}"
    );
    let unknown = place(&store, &[(1, 1), (99, 1)])
        .await
        .expect_err("no product 99");
    assert!(
        matches!(unknown, PlaceError::Rejected(Rejection::UnknownProducts(_))),
        "{unknown}"
    );
    assert_eq!(stock(&store, 1).await, 2);
    assert_eq!(orders(&store, 10).await, vec![]);
}

#[tokio::test]
async fn orders_are_listed_by_id_after_the_one_given() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(100));
    for product in 1..=5 {
        place(&store, &[(product, 1), (product + 1, 2)])
            .await
            .expect("enough");
    }
    let listed = |after: i64, count| list(&store, after, Direction::Ascending, count);
    assert_eq!(listed(0, 2).await, [1, 2]);
    assert_eq!(listed(2, 2).await, [3, 4]);
    assert_eq!(listed(4, 9).await, [5]);
    assert_eq!(listed(5, 9).await, [] as [i64; 0]);
    let back = |after: i64, count| list(&store, after, Direction::Descending, count);
    assert_eq!(back(0, 2).await, [5, 4]);
    assert_eq!(back(4, 9).await, [3, 2, 1]);
    let all = orders(&store, 9).await;
    assert!(all.iter().all(|order| order.lines.len() == 2), "{all:?}");
    assert_eq!(
        store
            .order(OrderId::new(6).expect("in range"))
            .await
            .expect("readable"),
        None
    );
}

fn keyed(of: &[(i64, i64)], key: &str, at: SystemTime) -> Purchase {
    Purchase {
        key: Some(IdempotencyKey::new(key).expect("a key")),
        ..Purchase::anonymous(order(of), at)
    }
}

#[tokio::test]
async fn the_same_key_and_order_give_the_order_placed_first() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(10));
    let first = store
        .place(keyed(&[(1, 2)], "k", at()))
        .await
        .expect("enough");
    assert!(!first.replayed);
    let again = store
        .place(keyed(&[(1, 2)], "k", at()))
        .await
        .expect("known");
    assert!(again.replayed);
    assert_eq!(again.order, first.order);
    assert_eq!(stock(&store, 1).await, 8);

    let other = store.place(keyed(&[(1, 3)], "k", at())).await;
    assert!(
        matches!(other, Err(PlaceError::Rejected(Rejection::KeyReused(id))) if id == first.order.id),
        "{other:?}"
    );
    // Somebody else's key is another key, and so is one whose time is over.
    let somebody = Purchase {
        customer: Some(UserId::new(7).expect("in range")),
        ..keyed(&[(1, 3)], "k", at())
    };
    assert!(!store.place(somebody).await.expect("enough").replayed);
    let later = at() + Purchase::KEY_LIFE;
    let fresh = store.place(keyed(&[(1, 1)], "k", later)).await;
    assert!(!fresh.expect("enough").replayed);
    assert_eq!(stock(&store, 1).await, 10 - 2 - 3 - 1);
}

#[tokio::test]
async fn one_order_comes_of_many_at_once_with_the_same_key() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(10));
    let mut senders = JoinSet::new();
    for _ in 0..20 {
        let store = store.clone();
        senders.spawn(async move { store.place(keyed(&[(1, 1)], "once", at())).await });
    }
    let answers = senders.join_all().await;
    let placed: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.expect("placed or known"))
        .collect();
    assert_eq!(placed.iter().filter(|placed| !placed.replayed).count(), 1);
    assert!(placed.iter().all(|again| again.order == placed[0].order));
    assert_eq!(stock(&store, 1).await, 9);
}

#[tokio::test]
async fn a_reversed_order_gives_its_pieces_back_once() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(10));
    let placed = place(&store, &[(1, 4), (2, 1)]).await.expect("enough");
    let second = Version::FIRST.next();
    let stale = store.reverse(placed.id, Some(second), at()).await;
    assert!(matches!(stale, Err(ReverseError::Stale(_))), "{stale:?}");
    for _ in 0..2 {
        let reversed = store
            .reverse(placed.id, Some(Version::FIRST), at())
            .await
            .expect("it stands, or was reversed");
        assert_eq!(
            (reversed.status(), reversed.version),
            (Status::Reversed, second)
        );
        assert_eq!((stock(&store, 1).await, stock(&store, 2).await), (10, 10));
    }
    let missing = store
        .reverse(OrderId::new(9).expect("in range"), None, at())
        .await;
    assert!(matches!(missing, Err(ReverseError::Missing)), "{missing:?}");
}

#[tokio::test]
async fn totals_follow_every_order_and_reversal() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(10));
    assert_eq!(store.totals().await.expect("readable"), vec![]);
    let first = place(&store, &[(1, 2), (2, 1)]).await.expect("enough");
    let second = place(&store, &[(3, 3)]).await.expect("enough");
    place(&store, &[(1, 99)]).await.expect_err("not enough");
    store
        .reverse(first.id, None, at())
        .await
        .expect("it stands");
    store
        .reverse(first.id, None, at())
        .await
        .expect("it was reversed");
    let totals = store.totals().await.expect("readable");
    let [euros] = totals.as_slice() else {
        panic!("one currency: {totals:?}")
    };
    assert_eq!(euros.currency, Currency::EUR);
    assert_eq!((euros.placed, euros.reversed), (2, 1));
    assert_eq!((euros.pieces, euros.pieces_back), (6, 3));
    let amount = |order: &Order| order.total.amount().unsigned_abs();
    assert_eq!(euros.revenue, amount(&first) + amount(&second));
    assert_eq!(euros.revenue_back, amount(&first));
    assert_eq!(euros.average(), Some(amount(&second)));
}

#[tokio::test]
async fn a_closed_shop_takes_no_orders_and_does_all_else() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(10));
    assert!(store.shop().await.expect("readable").open);
    let before = store
        .place(keyed(&[(1, 1)], "k", at()))
        .await
        .expect("open");
    let closed = store.set_open(false, at()).await.expect("writable");
    assert_eq!((closed.open, closed.since), (false, at()));
    let later = at() + Duration::from_secs(5);
    // Closing twice is fine and changes nothing.
    assert_eq!(
        store.set_open(false, later).await.expect("writable"),
        closed
    );
    let refused = place(&store, &[(1, 1)]).await.expect_err("closed");
    assert!(
        matches!(refused, PlaceError::Rejected(Rejection::ShopClosed)),
        "{refused}"
    );
    let again = store.place(keyed(&[(1, 1)], "k", later)).await;
    assert!(again.expect("it was placed before").replayed);
    store
        .reverse(before.order.id, None, later)
        .await
        .expect("it stands");
    assert_eq!(stock(&store, 1).await, 10);
    assert!(store.set_open(true, later).await.expect("writable").open);
    place(&store, &[(1, 1)]).await.expect("open again");
}

#[tokio::test]
async fn orders_are_found_by_what_they_are_like() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(100));
    let customer = UserId::new(3).expect("in range");
    for second in 0..6 {
        let purchase = Purchase {
            customer: (second % 2 == 0).then_some(customer),
            ..Purchase::anonymous(order(&[(1, 1)]), at() + Duration::from_secs(second))
        };
        store.place(purchase).await.expect("enough");
    }
    let third = OrderId::new(3).expect("in range");
    store.reverse(third, None, at()).await.expect("it stands");
    let found = async |filter: order::Filter| {
        let query = order::Query {
            filter,
            ..order::Query::default()
        };
        let orders = store.orders(query, 9).await.expect("readable");
        orders
            .iter()
            .map(|order| order.id.get())
            .collect::<Vec<_>>()
    };
    let of_customer = order::Filter {
        customer: Some(customer),
        ..order::Filter::default()
    };
    assert_eq!(found(of_customer.clone()).await, [1, 3, 5]);
    let standing = order::Filter {
        status: Some(Status::Placed),
        ..of_customer
    };
    assert_eq!(found(standing).await, [1, 5]);
    let between = order::Filter {
        from: Some(at() + Duration::from_secs(1)),
        until: Some(at() + Duration::from_secs(4)),
        ..order::Filter::default()
    };
    assert_eq!(found(between).await, [2, 3, 4]);
}

#[tokio::test]
async fn products_are_found_sorted_and_paged() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(1));
    place(&store, &[(3, 1)]).await.expect("enough");
    let found = async |query: product::Query| {
        let products = store.products(query, 3).await.expect("readable");
        products
            .iter()
            .map(|product| product.id.get())
            .collect::<Vec<_>>()
    };
    let by_price = |direction, after: Option<i64>| product::Query {
        sort: SortBy::Price,
        direction,
        after: after.map(id),
        ..product::Query::default()
    };
    assert_eq!(
        found(by_price(Direction::Ascending, None)).await,
        [9, 11, 10]
    );
    assert_eq!(
        found(by_price(Direction::Ascending, Some(11))).await,
        [10, 6, 3]
    );
    assert_eq!(
        found(by_price(Direction::Descending, Some(5))).await,
        [12, 1, 8]
    );
    let tea = product::Query {
        filter: Filter {
            name: Some(ProductName::new("TEA,").expect("a name")),
            in_stock: Some(true),
            ..Filter::default()
        },
        sort: SortBy::Name,
        ..product::Query::default()
    };
    assert_eq!(found(tea).await, [2]);
    let cheap = product::Query {
        filter: Filter {
            min_price: Some(600),
            max_price: Some(850),
            ..Filter::default()
        },
        ..product::Query::default()
    };
    assert_eq!(found(cheap).await, [6, 10, 11]);
}

#[tokio::test]
async fn products_change_under_their_version_and_shelves_are_filled() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(5));
    let dearer = product::Change {
        price: Some(Money::new(9_999, Currency::EUR).expect("in range")),
        ..product::Change::default()
    };
    let changed = store
        .change_product(id(1), Some(Version::FIRST), dearer.clone())
        .await
        .expect("as expected");
    assert_eq!(changed.version, Version::FIRST.next());
    let stale = store
        .change_product(id(1), Some(Version::FIRST), product::Change::default())
        .await;
    assert!(matches!(stale, Err(ChangeError::Stale(_))), "{stale:?}");
    let missing = store.change_product(id(99), None, dearer).await;
    assert!(matches!(missing, Err(ChangeError::Missing)), "{missing:?}");

    place(&store, &[(1, 2)]).await.expect("enough");
    let pieces = Quantity::new(10).expect("in range");
    let filled = store.restock(id(1), pieces).await.expect("room");
    assert_eq!((filled.stock.get(), filled.supplied.get()), (13, 15));
    assert_eq!(filled.price.amount(), 9_999);

    let new = product::NewProduct {
        name: ProductName::new("Kettle").expect("a name"),
        price: Money::new(3_900, Currency::EUR).expect("in range"),
        stock: types::Stock::new(2).expect("in range"),
    };
    let kettle = store.create_product(new).await.expect("writable");
    assert_eq!(
        store.product(kettle.id).await.expect("readable"),
        Some(kettle)
    );
}

#[tokio::test]
async fn users_have_names_of_their_own() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(1));
    let new = |name: &str| NewUser {
        name: UserName::new(name).expect("a name"),
        roles: Roles::of(&[Role::Shopper]),
    };
    let ada = store.create_user(new("Ada"), at()).await.expect("new");
    let taken = store.create_user(new("Ada"), at()).await;
    assert!(matches!(taken, Err(CreateError::NameTaken)), "{taken:?}");
    let bob = store.create_user(new("Bob"), at()).await.expect("new");
    let promoted = user::Change {
        roles: Some(Roles::of(&[Role::Staff, Role::Admin])),
        enabled: Some(false),
    };
    let changed = store
        .change_user(ada.id, Some(ada.version), promoted)
        .await
        .expect("as expected");
    assert_eq!(store.user(ada.id).await.expect("readable"), Some(changed));
    let stale = store.change_user(ada.id, Some(ada.version), promoted).await;
    assert!(
        matches!(stale, Err(user::ChangeError::Stale(_))),
        "{stale:?}"
    );
    assert_eq!(
        store.users(Some(ada.id), 5).await.expect("readable"),
        vec![bob]
    );
}

#[tokio::test]
async fn scarce_stock_is_sold_exactly_once() {
    let Fixture {
        store,
        directory: _directory,
        ..
    } = fixture(&stocked(30));
    let mut shoppers = JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        shoppers.spawn(async move { place(&store, &[(1, 1), (2, 1)]).await });
    }
    let answers = shoppers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 30);
    assert_eq!((stock(&store, 1).await, stock(&store, 2).await), (0, 0));
    assert_eq!(orders(&store, 100).await.len(), 30);
}

#[tokio::test]
async fn what_waits_is_committed_together_and_bad_orders_fail_alone() {
    let options = Options {
        batch: 4,
        lock_timeout: Duration::from_mins(1),
        ..stocked(3)
    };
    let fixture = fixture(&options);
    let lock = hold_lock(&fixture);
    let mut shoppers = JoinSet::new();
    for shopper in 0..10 {
        let store = fixture.store.clone();
        // Every second one wants more than there is.
        let pieces = if shopper % 2 == 0 { 1 } else { 4 };
        shoppers.spawn(async move { place(&store, &[(shopper + 1, pieces)]).await.is_ok() });
    }
    // The first batch is stuck at its begin with what had come by then; the rest wait.
    until(|| fixture.store.waiting() >= 6).await;
    drop(lock);
    let placed = shoppers.join_all().await;
    assert_eq!(placed.iter().filter(|placed| **placed).count(), 5);
    fixture.store.close().await;
    let sizes = fixture.batches.sizes();
    assert_eq!(sizes.iter().sum::<usize>(), 10);
    assert!(sizes.iter().all(|size| *size <= 4), "{sizes:?}");
    assert!(sizes.len() <= 4, "{sizes:?}");
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing_it_let_in() {
    let options = Options {
        queue: 3,
        batch: 2,
        lock_timeout: Duration::from_mins(1),
        ..stocked(100)
    };
    let fixture = fixture(&options);
    let lock = hold_lock(&fixture);
    let mut shoppers = JoinSet::new();
    for _ in 0..20 {
        let store = fixture.store.clone();
        shoppers.spawn(async move { place(&store, &[(1, 1)]).await });
    }
    let mut refused = 0;
    // At most a batch in work and a full queue are let in.
    while refused < 20 - 3 - 2 {
        let answer = shoppers
            .join_next()
            .await
            .expect("more to come")
            .expect("no panics");
        assert!(
            matches!(answer, Err(PlaceError::Store(StoreError::Busy))),
            "{answer:?}"
        );
        refused += 1;
    }
    drop(lock);
    let rest = shoppers.join_all().await;
    let placed = rest.iter().filter(|answer| answer.is_ok()).count();
    assert!(placed >= 3, "{rest:?}");
    assert_eq!(stock(&fixture.store, 1).await, 100 - placed as i64);
}

#[tokio::test]
async fn an_order_nobody_waits_for_any_more_is_not_written() {
    let options = Options {
        batch: 1,
        lock_timeout: Duration::from_mins(1),
        ..stocked(100)
    };
    let fixture = fixture(&options);
    let lock = hold_lock(&fixture);
    let first = tokio::spawn({
        let store = fixture.store.clone();
        async move { place(&store, &[(1, 1)]).await }
    });
    let second = tokio::spawn({
        let store = fixture.store.clone();
        async move { place(&store, &[(1, 1)]).await }
    });
    until(|| fixture.store.waiting() == 1).await;
    second.abort();
    assert!(second.await.expect_err("aborted").is_cancelled());
    drop(lock);
    first.await.expect("no panics").expect("placed");
    fixture.store.close().await;
    assert_eq!(fixture.batches.sizes(), [1]);
}

#[tokio::test]
async fn closing_writes_what_waits_and_refuses_what_comes() {
    let options = Options {
        lock_timeout: Duration::from_mins(1),
        ..stocked(100)
    };
    let fixture = fixture(&options);
    let lock = hold_lock(&fixture);
    let mut shoppers = JoinSet::new();
    for _ in 0..10 {
        let store = fixture.store.clone();
        shoppers.spawn(async move { place(&store, &[(1, 1)]).await.map(|order| order.id) });
    }
    until(|| fixture.store.waiting() >= 9).await;
    let closing = tokio::spawn({
        let store = fixture.store.clone();
        async move { store.close().await }
    });
    drop(lock);
    closing.await.expect("no panics");
    let placed = shoppers.join_all().await;
    assert!(placed.iter().all(Result::is_ok), "{placed:?}");
    let late = place(&fixture.store, &[(1, 1)]).await;
    assert!(
        matches!(late, Err(PlaceError::Store(StoreError::Closed))),
        "{late:?}"
    );
    assert!(matches!(
        fixture.store.ping().await,
        Err(StoreError::Closed)
    ));
    fixture.store.close().await;

    // A second life finds everything, and its catalogue is not seeded anew.
    let again =
        Sqlite::open(&location(fixture.directory.path()), &Options::default(), ()).expect("opens");
    again.ping().await.expect("answers");
    assert_eq!(orders(&again, 100).await.len(), 10);
    assert_eq!(stock(&again, 1).await, 90);
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_cause() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    std::fs::create_dir(path("folder")).expect("creates");
    std::fs::write(path("text"), "This is not a database. ".repeat(100)).expect("writes");
    Connection::open(path("theirs"))
        .and_then(|db| db.execute_batch("CREATE TABLE t (x)"))
        .expect("creates");
    for (file, named, cause) in [
        ("folder", "folder", "the file cannot be opened"),
        ("text", "text", "the file is not an SQLite database"),
        ("text/below.db", "text", "cannot create the directory"),
        ("theirs", "theirs", "it is a database of another program"),
    ] {
        check_refused(&path(file), &path(named), cause);
    }
    let theirs = Connection::open(path("theirs")).expect("opens");
    let mode: String = theirs
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .expect("readable");
    assert_eq!(mode, "delete", "another program's database is not changed");
}

#[test]
fn a_file_another_program_holds_is_said_to_be_held() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("held.db");
    let holder = Connection::open(&path).expect("opens");
    holder
        .execute_batch("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE; CREATE TABLE t (x)")
        .expect("locks");
    check_refused(&path, &path, "another program holds its lock");
}

fn check_refused(file: &Path, named: &Path, cause: &str) {
    let options = Options {
        lock_timeout: Duration::ZERO,
        ..Options::default()
    };
    let error = Sqlite::open(&Location::Sqlite(file.into()), &options, ())
        .expect_err("unusable")
        .to_string();
    assert!(error.contains(cause), "{error}");
    assert!(error.contains(&named.display().to_string()), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

/// Lets others work until `true`.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}
