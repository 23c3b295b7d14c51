//! What PostgreSQL's store does beyond that, on a real server.

use std::time::Duration;

use event::{Outcome, Settled, Store as _};
use order::{PlaceError, Store as _};
use product::Store as _;
use shop::Store as _;
use sqlx::{Connection as _, Executor as _, PgConnection, query_scalar, raw_sql};
use statistics::Store as _;
use stores::{Location, Options, Postgres};
use tokio::task::JoinSet;
use types::StoreError;

use crate::server;
use crate::support::{Kind, at, id, orders, place, stock, stocked};

crate::both::tests_of_both!(Kind::Postgres);

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a running server")
}

async fn run(connection: &mut PgConnection, sql: &'static str) {
    connection.execute(raw_sql(sql)).await.expect("valid SQL");
}

async fn open(url: &str, options: &Options) -> Result<Postgres, String> {
    let Location::Postgres(url) = url.parse().expect("a location") else {
        panic!("not PostgreSQL: {url}");
    };
    let store = Postgres::open(&url, options, ()).await;
    store.map_err(|error| error.to_string())
}

/// A store with a thousand pieces of everything, and the URL of its database.
async fn fresh() -> (Postgres, String) {
    let url = server::new_database();
    (open(&url, &stocked(1_000)).await.expect("opens"), url)
}

#[tokio::test]
async fn orders_that_cross_neither_block_for_ever_nor_lose_a_piece() {
    let (store, _) = fresh().await;
    let mut shoppers = JoinSet::new();
    for shopper in 0..60 {
        let store = store.clone();
        let wanted = if shopper % 2 == 0 {
            [(1, 1), (2, 2), (3, 1)]
        } else {
            [(3, 1), (2, 2), (1, 1)]
        };
        shoppers.spawn(async move {
            let placed = place(&store, &wanted).await.expect("enough");
            if shopper % 3 == 0 {
                let reversed = store.reverse(placed.id, None, at()).await;
                reversed.expect("it stands");
            }
        });
    }
    shoppers.join_all().await;
    let left = [
        stock(&store, 1).await,
        stock(&store, 2).await,
        stock(&store, 3).await,
    ];
    assert_eq!(left, [960, 920, 960]);
    let totals = store.totals().await.expect("readable");
    let [euros] = totals.as_slice() else {
        panic!("one currency: {totals:?}")
    };
    assert_eq!((euros.placed, euros.reversed), (60, 20));
    assert_eq!((euros.pieces, euros.pieces_back), (240, 80));
    assert_eq!(euros.revenue, 3 * euros.revenue_back);
    assert_eq!(store.retries(), 0, "nobody waited in a circle");
}

#[tokio::test]
async fn a_deadlock_with_somebody_else_is_tried_again() {
    let (store, url) = fresh().await;
    let mut other = connect(&url).await;
    // The other one does not look for deadlocks, so the order is the one that is ended.
    run(&mut other, "SET deadlock_timeout = '1h'; BEGIN").await;
    run(&mut other, "SELECT 1 FROM products WHERE id = 2 FOR UPDATE").await;
    let order = tokio::spawn({
        let store = store.clone();
        async move { place(&store, &[(1, 1), (2, 1)]).await }
    });
    wait_for_lock(&url).await;
    run(
        &mut other,
        "SELECT 1 FROM products WHERE id = 1 FOR UPDATE; COMMIT",
    )
    .await;
    order.await.expect("no panics").expect("placed");
    // The order that is tried again may be faster than the one that waits, and meet it in a circle once more.
    assert!(store.retries() >= 1, "it was ended to break the circle");
    assert_eq!(orders(&store, 9).await.len(), 1);
    assert_eq!(stock(&store, 1).await, 999);
}

/// Until somebody in this database waits for a lock.
async fn wait_for_lock(url: &str) {
    let mut watcher = connect(url).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let count: i64 = query_scalar(waiting)
            .fetch_one(&mut watcher)
            .await
            .expect("valid SQL");
        if count > 0 {
            return;
        }
    }
}

#[tokio::test]
async fn who_waits_too_long_for_a_lock_is_told_that_the_store_is_busy() {
    let url = server::new_database();
    let options = Options {
        lock_timeout: Duration::from_millis(10),
        ..stocked(10)
    };
    let store = open(&url, &options).await.expect("opens");
    let mut other = connect(&url).await;
    run(
        &mut other,
        "BEGIN; SELECT 1 FROM products WHERE id = 1 FOR UPDATE",
    )
    .await;
    let answer = place(&store, &[(1, 1)]).await;
    assert!(
        matches!(answer, Err(PlaceError::Store(StoreError::Busy))),
        "{answer:?}"
    );
    place(&store, &[(2, 1)]).await.expect("another product");
    run(&mut other, "COMMIT").await;
    place(&store, &[(1, 1)]).await.expect("free again");
}

#[tokio::test]
async fn who_waits_too_long_for_a_connection_is_told_so_and_counted() {
    let url = server::new_database();
    let options = Options {
        connections: 1,
        ..stocked(10)
    };
    // Opening may take its time.
    open(&url, &options).await.expect("opens").close().await;
    let options = Options {
        connection_timeout: Duration::from_millis(500),
        ..options
    };
    let store = open(&url, &options).await.expect("opens");
    let mut other = connect(&url).await;
    run(
        &mut other,
        "BEGIN; SELECT 1 FROM products WHERE id = 1 FOR UPDATE",
    )
    .await;
    let order = tokio::spawn({
        let store = store.clone();
        async move { place(&store, &[(1, 1)]).await }
    });
    wait_for_lock(&url).await;
    let usage = store.connections();
    assert_eq!((usage.size, usage.in_use, usage.waits), (1, 1, 0));
    let answer = store.product(id(2)).await;
    assert!(matches!(answer, Err(StoreError::Busy)), "{answer:?}");
    let usage = store.connections();
    assert_eq!((usage.waiting, usage.waits), (0, 1));
    assert!(usage.waited >= Duration::from_millis(500), "{usage:?}");
    run(&mut other, "COMMIT").await;
    order.await.expect("no panics").expect("placed");
}

#[tokio::test]
async fn closing_the_shop_waits_for_orders_in_flight() {
    let (store, url) = fresh().await;
    let mut other = connect(&url).await;
    run(
        &mut other,
        "BEGIN; SELECT 1 FROM products WHERE id = 1 FOR UPDATE",
    )
    .await;
    let order = tokio::spawn({
        let store = store.clone();
        async move { place(&store, &[(1, 1)]).await }
    });
    wait_for_lock(&url).await;
    let closing = tokio::spawn({
        let store = store.clone();
        async move {
            let closed = store.set_open(false, at()).await.expect("writable");
            // What is placed is placed by now.
            (closed.open, orders(&store, 9).await.len())
        }
    });
    run(&mut other, "COMMIT").await;
    // Whoever came first to the door, an order that is placed is placed before the closing is done.
    let placed = order.await.expect("no panics").is_ok();
    let (open, found) = closing.await.expect("no panics");
    assert!(!open);
    assert_eq!(found, usize::from(placed));
    place(&store, &[(2, 1)]).await.expect_err("closed");
}

#[tokio::test]
async fn an_order_is_synced_whatever_the_servers_default_is() {
    let url = server::new_database();
    let mut other = connect(&url).await;
    run(
        &mut other,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); \
        EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$; \
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), \
            current_setting('synchronous_commit') || ', ' || current_setting('transaction_isolation')); \
        RETURN NULL; END $$",
    )
    .await;
    // A function is no table, so the database counts as empty.
    let store = open(&url, &stocked(10)).await.expect("opens");
    run(
        &mut other,
        "CREATE TRIGGER note AFTER INSERT ON orders EXECUTE FUNCTION note()",
    )
    .await;
    place(&store, &[(1, 1)]).await.expect("enough");
    let settings: String = query_scalar(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
    )
    .fetch_one(&mut other)
    .await
    .expect("valid SQL");
    assert_eq!(settings, "on, read committed");
}

#[tokio::test]
async fn stores_that_open_at_once_take_turns_and_seed_once() {
    let url = server::new_database();
    let mut openers = JoinSet::new();
    for _ in 0..5 {
        let url = url.clone();
        openers.spawn(async move { open(&url, &stocked(10)).await });
    }
    let stores: Vec<Postgres> = openers
        .join_all()
        .await
        .into_iter()
        .map(|store| store.expect("opens"))
        .collect();
    place(&stores[0], &[(1, 3)]).await.expect("enough");
    assert_eq!(stock(&stores[4], 1).await, 7);
    for store in &stores {
        store.close().await;
    }
    let closed = place(&stores[0], &[(1, 1)]).await;
    assert!(
        matches!(closed, Err(PlaceError::Store(StoreError::Closed))),
        "{closed:?}"
    );
    // A second life finds everything, and its catalogue is not seeded anew.
    let again = open(&url, &stocked(99)).await.expect("opens");
    again.ping().await.expect("answers");
    assert_eq!(orders(&again, 9).await.len(), 1);
    assert_eq!(stock(&again, 1).await, 7);
}

#[tokio::test]
async fn a_database_that_does_not_fit_is_left_alone() {
    for (sql, cause) in [
        (
            "CREATE TABLE theirs (id bigint)",
            "it holds tables of another program",
        ),
        (
            "UPDATE sales_migrations SET checksum = 'other' WHERE version = 1",
            "its migration 0001_the_shop is not the one this program has",
        ),
        (
            "INSERT INTO sales_migrations VALUES (6, '0006_x', 'contract', 'x')",
            "its tables have version 6; this program knows versions up to 5",
        ),
    ] {
        let url = server::new_database();
        if sql.contains("sales_migrations") {
            open(&url, &stocked(1)).await.expect("opens");
        }
        run(&mut connect(&url).await, sql).await;
        let error = open(&url, &stocked(1)).await.expect_err("does not fit");
        assert!(error.contains(cause), "{error}");
    }
}

#[tokio::test]
async fn a_program_works_on_tables_that_were_only_expanded_since() {
    let (store, url) = fresh().await;
    store.close().await;
    let sql = "INSERT INTO sales_migrations VALUES (6, '0006_x', 'expand', 'x')";
    run(&mut connect(&url).await, sql).await;
    let store = open(&url, &stocked(1)).await.expect("opens");
    place(&store, &[(1, 1)]).await.expect("enough");
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_named_with_the_cause_alone() {
    let missing = server::url("missing");
    for (url, cause) in [
        (
            "postgres://me:canary@127.0.0.1:1/sales",
            "no server listens there",
        ),
        (
            "postgres://me:canary@%2Fnowhere/sales",
            "there is no such socket",
        ),
        (
            "postgres://me:canary@db.example/sales",
            "this build has no TLS",
        ),
        (&missing, "there is no such database"),
    ] {
        let error = open(url, &stocked(1)).await.expect_err("unusable");
        assert!(error.contains(cause), "{error}");
        assert!(error.contains("postgres://***@"), "{error}");
        assert!(
            !error.contains("canary") && !error.contains('\n'),
            "{error}"
        );
    }
}

#[tokio::test]
async fn names_are_sorted_byte_for_byte_whatever_the_servers_language_is() {
    let (store, _) = fresh().await;
    for name in ["Zebra", "apple", "\u{c4}pfel", "Apple"] {
        let new = product::NewProduct {
            name: types::ProductName::new(name).expect("a name"),
            price: types::Money::new(123_456, types::Currency::EUR).expect("in range"),
            stock: types::Stock::new(1).expect("in range"),
        };
        store.create_product(new, at()).await.expect("writable");
    }
    let query = product::Query {
        filter: product::Filter {
            min_price: Some(123_456),
            ..product::Filter::default()
        },
        sort: product::SortBy::Name,
        ..product::Query::default()
    };
    let found = store.products(query, 9).await.expect("readable");
    let names: Vec<&str> = found.iter().map(|product| product.name.as_str()).collect();
    assert_eq!(names, ["Apple", "Zebra", "apple", "\u{c4}pfel"]);
    assert_eq!(
        found[1].id.get(),
        13,
        "numbers follow those of the catalogue"
    );
}

#[tokio::test]
async fn an_event_is_given_to_one_process_until_its_lease_is_over() {
    let url = server::new_database();
    let options = Options {
        events: true,
        ..stocked(10)
    };
    let one = open(&url, &options).await.expect("opens");
    let other = open(&url, &options).await.expect("opens");
    place(&one, &[(1, 1)]).await.expect("enough");
    let lease = Duration::from_secs(10);
    let given = one.due(at(), lease, 9).await.expect("readable");
    assert_eq!(given.len(), 1);
    assert_eq!(other.due(at(), lease, 9).await.expect("readable"), []);
    let later = other.due(at() + lease, lease, 9).await;
    assert_eq!(later.expect("readable"), given, "whoever had it is dead");
    assert_eq!(
        one.origin().await.expect("readable"),
        other.origin().await.expect("readable")
    );
}

#[tokio::test]
async fn many_processes_share_the_events_and_keep_their_order() {
    let url = server::new_database();
    let options = Options {
        events: true,
        ..stocked(1_000)
    };
    let mut workers = JoinSet::new();
    let published = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let shop = open(&url, &options).await.expect("opens");
    let orders = 40;
    for _ in 0..orders {
        let placed = place(&shop, &[(1, 1)]).await.expect("enough");
        let reversed = shop.reverse(placed.id, None, at()).await;
        reversed.expect("it stands");
    }
    for _ in 0..3 {
        let store = open(&url, &options).await.expect("opens");
        let published = std::sync::Arc::clone(&published);
        workers.spawn(async move {
            while store.backlog().await.expect("readable").waiting > 0 {
                let due = store.due(at(), Duration::from_mins(10), 7).await;
                let due = due.expect("readable");
                let news = due
                    .iter()
                    .map(|event| (event.news.number, event.news.kind.name()));
                published.lock().expect("no panics").extend(news);
                let settled = due.iter().map(|event| Settled {
                    id: event.id,
                    outcome: Outcome::Published,
                });
                store.settle(settled.collect()).await.expect("writable");
            }
        });
    }
    workers.join_all().await;
    let mut published = published.lock().expect("no panics").clone();
    // Stable: of one order, what was published first stays first.
    published.sort_by_key(|(order, _)| *order);
    let expected: Vec<_> = (1..=orders)
        .flat_map(|order| [(order, "order.placed"), (order, "order.reversed")])
        .collect();
    assert_eq!(published, expected);
}
