//! What SQLite's store does beyond that: its batches, its file.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use order::PlaceError;
use rusqlite::Connection;
use stores::{Batch, Options, Sqlite, Watch};
use tempfile::TempDir;
use tokio::task::JoinSet;
use types::StoreError;

use crate::support::{Kind, file, orders, place, stock, stocked};

crate::both::tests_of_both!(Kind::Sqlite);

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

fn fixture(options: &Options) -> Fixture {
    let directory = tempfile::tempdir().expect("a directory");
    let batches = Batches::default();
    let store = Sqlite::open(&file(directory.path()), options, batches.clone()).expect("opens");
    Fixture {
        directory,
        store,
        batches,
    }
}

/// Keeps the writer from beginning a transaction until it is dropped.
fn hold_lock(fixture: &Fixture) -> Connection {
    let connection = Connection::open(file(fixture.directory.path())).expect("opens");
    connection
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody else writes");
    connection
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
        // So that the writer, however late it wakes, takes one and the others wait.
        batch: 1,
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
        Sqlite::open(&file(fixture.directory.path()), &Options::default(), ()).expect("opens");
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
    let error = Sqlite::open(file, &options, ())
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
