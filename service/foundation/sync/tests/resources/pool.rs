//! The pool: bounded, used again, replaced when broken.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use sync::{Manage, Pool, PoolError, Pooled};
use tokio::task::yield_now;

use crate::poll::{Flag, poll, polls};

/// A database that counts its connections.
#[derive(Clone, Default)]
struct Database(Arc<Counts>);

#[derive(Default)]
struct Counts {
    opened: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
    refusing: AtomicUsize,
}

struct Connection {
    number: usize,
    alive: bool,
    in_transaction: bool,
    counts: Arc<Counts>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.counts.open.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("connection refused")]
struct Refused;

impl Manage for Database {
    type Item = Connection;
    type Error = Refused;

    async fn create(&self) -> Result<Connection, Refused> {
        yield_now().await;
        let counts = &self.0;
        if counts.refusing.load(Ordering::SeqCst) != 0 {
            return Err(Refused);
        }
        let open = counts.open.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most.fetch_max(open, Ordering::SeqCst);
        Ok(Connection {
            number: counts.opened.fetch_add(1, Ordering::SeqCst) + 1,
            alive: true,
            in_transaction: false,
            counts: Arc::clone(counts),
        })
    }

    async fn check(&self, connection: &mut Connection, _unused_for: Duration) -> bool {
        yield_now().await;
        connection.alive
    }

    fn keep(&self, connection: &mut Connection) -> bool {
        !connection.in_transaction
    }
}

async fn get(pool: &Pool<Database>) -> Pooled<Database> {
    pool.get().await.expect("a connection")
}

#[tokio::test]
async fn items_are_made_when_needed_and_used_again_the_last_one_first() {
    let pool = Pool::new("database", 3, Database::default());
    assert_eq!(pool.status().created, 0);
    let (one, two) = (get(&pool).await, get(&pool).await);
    assert_eq!((one.number, two.number), (1, 2));
    drop(two);
    drop(one);
    let status = pool.status();
    assert_eq!((status.in_use, status.unused, status.created), (0, 2, 2));
    let again = get(&pool).await;
    assert_eq!(again.number, 1, "the one used last");
    assert_eq!(pool.status().in_use, 1);
}

#[tokio::test]
async fn broken_items_are_replaced() {
    let database = Database::default();
    let pool = Pool::new("database", 1, database.clone());
    let open = || database.0.open.load(Ordering::SeqCst);
    // Found out on use.
    let mut connection = get(&pool).await;
    connection.mark_broken();
    drop(connection);
    assert_eq!(open(), 0);
    // Found out when it comes back.
    let mut connection = get(&pool).await;
    assert_eq!(connection.number, 2);
    connection.in_transaction = true;
    drop(connection);
    assert_eq!(open(), 0);
    // Found out when it is to be used again.
    let mut connection = get(&pool).await;
    assert_eq!(connection.number, 3);
    connection.alive = false;
    drop(connection);
    assert_eq!(open(), 1);
    let connection = get(&pool).await;
    assert_eq!((connection.number, open()), (4, 1));
    // Its user panicked.
    let user = tokio::spawn(async move {
        let _connection = connection;
        panic!("half way through");
    });
    user.await.expect_err("it panics");
    assert_eq!(open(), 0);
    // Taken out for good.
    let taken = get(&pool).await.detach();
    assert_eq!((taken.number, open()), (5, 1));
    assert_eq!(get(&pool).await.number, 6, "there is room for another");
    assert_eq!(pool.status().created, 6);
}

#[tokio::test]
async fn what_cannot_be_made_leaves_its_place_free() {
    let database = Database::default();
    let pool = Pool::new("database", 1, database.clone());
    database.0.refusing.store(1, Ordering::SeqCst);
    assert_eq!(pool.get().await.err(), Some(PoolError::Create(Refused)));
    database.0.refusing.store(0, Ordering::SeqCst);
    assert_eq!(get(&pool).await.number, 1);
    let error = PoolError::Create(Refused).to_string();
    assert_eq!(
        error,
        "a pool's new item could not be made: connection refused"
    );
}

#[test]
fn giving_up_while_waiting_making_or_checking_leaves_the_place_free() {
    let pool = Pool::new("database", 1, Database::default());
    let mut making = Box::pin(pool.get());
    assert!(
        poll(&mut making).is_pending(),
        "it yields while it connects"
    );
    assert_eq!(pool.status().in_use, 1);
    drop(making);
    assert_eq!(pool.status().in_use, 0);

    let mut making = Box::pin(pool.get());
    assert!(poll(&mut making).is_pending());
    let Poll::Ready(Ok(connection)) = poll(&mut making) else {
        panic!("it is made in two polls");
    };
    let flag = Flag::new();
    let mut waiting = Box::pin(pool.get());
    let mut other = Box::pin(pool.get());
    assert!(poll(&mut waiting).is_pending());
    assert!(polls(&mut other, &flag).is_pending());
    assert_eq!(pool.status().waiting, 2);
    drop(waiting);
    drop(connection);
    assert!(flag.take());
    assert!(polls(&mut other, &flag).is_pending(), "it is being checked");
    drop(other);
    let status = pool.status();
    assert_eq!(
        (status.in_use, status.unused),
        (0, 0),
        "half checked: dropped"
    );
}

#[tokio::test]
async fn a_closed_pool_drops_its_items_and_refuses() {
    let database = Database::default();
    let pool = Pool::new("database", 2, database.clone());
    let (one, two) = (get(&pool).await, get(&pool).await);
    drop(one);
    pool.close();
    assert!(pool.is_closed());
    assert_eq!(database.0.open.load(Ordering::SeqCst), 1, "the unused one");
    assert_eq!(pool.get().await.err(), Some(PoolError::Closed));
    drop(two);
    assert_eq!(database.0.open.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_closure_is_a_manager() {
    let pool = Pool::new("buffers", 1, || async { Ok::<_, Infallible>(vec![0; 8]) });
    let mut buffer = pool.get().await.expect("a buffer");
    buffer.push(1);
    drop(buffer);
    assert_eq!(pool.get().await.expect("a buffer").len(), 9);
    assert_eq!(pool.name(), "buffers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_items_than_the_pool_is_for() {
    const CAPACITY: usize = 3;
    let database = Database::default();
    let pool = Pool::new("database", CAPACITY, database.clone());
    let mut tasks = Vec::new();
    for task in 0..10 {
        let pool = pool.clone();
        tasks.push(sync::spawn("client", async move {
            for round in 0..200 {
                let patience = (task + round) % 6;
                let mut connection = tokio::select! {
                    biased;
                    connection = pool.get() => connection.expect("a connection"),
                    () = async { for _ in 0..patience { yield_now().await; } } => continue,
                };
                yield_now().await;
                connection.alive = round % 7 != 0;
                connection.in_transaction = round % 11 == 0;
            }
        }));
    }
    for task in tasks {
        task.await.expect("no task panics");
    }
    let counts = &database.0;
    assert!(counts.most.load(Ordering::SeqCst) <= CAPACITY);
    let status = pool.status();
    assert_eq!((status.in_use, status.waiting), (0, 0));
    assert_eq!(counts.open.load(Ordering::SeqCst), status.unused);
    drop(pool);
    assert_eq!(counts.open.load(Ordering::SeqCst), 0);
}
