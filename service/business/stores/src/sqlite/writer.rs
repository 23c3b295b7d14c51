//! The thread that writes, with group commit.
//!
//! Writes, most of them orders, wait in a bounded queue. The thread takes what is waiting, up to one
//! batch, does each under a savepoint of its own inside one transaction, commits, and only then
//! answers them all. While a commit syncs the disk the next batch gathers by itself, so nothing ever waits for a
//! batch to fill.
//!
//! **How long an order can wait.** One that finds the queue full is refused at once. One that is
//! let in waits for at most ⌈queue ÷ batch⌉ batches before its own and the one in progress: with
//! the defaults (1,024 and 128) its answer comes within 10 batches. A batch costs one commit plus
//! 128 times the work of an order; with a sync of 1 ms and 50 µs an order that is 7.4 ms, so the
//! bound is about 75 ms under the heaviest load, and one or two commits when there is little.
//!
//! A write whose caller has gone away before its batch begins is not done.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot, watch};
use types::StoreError;

use super::work::{Job, Work};
use crate::options::{Options, Sabotage};
use crate::watch::{Batch, Watch};

/// The way to the writer's thread.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    /// Nothing is ever sent here; it closes when the thread has ended.
    ended: watch::Receiver<()>,
}

enum Message {
    Write(Waiting),
    /// Let nothing more in, write what is waiting, close the database.
    Close,
}

struct Waiting {
    job: Box<dyn Job>,
    queued: Instant,
}

impl Writer {
    /// Starts the thread. It ends when it is closed or nobody can send to it any more.
    pub(super) fn start(
        connection: Connection,
        options: &Options,
        observer: impl Watch + 'static,
    ) -> io::Result<Writer> {
        let (queue, messages) = mpsc::channel(options.queue.max(1));
        let (running, ended) = watch::channel(());
        let thread = Thread {
            connection,
            messages,
            batch: options.batch.max(1),
            watch: observer,
            sabotage: options.sabotage,
        };
        thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                thread.run();
                drop(running);
            })?;
        Ok(Writer { queue, ended })
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.queue.is_closed() {
            Err(StoreError::Closed)
        } else {
            Ok(())
        }
    }

    /// Does the work in the next batch and answers once it is on disk. What the work refuses is
    /// taken back and answered as it is; the work may run on a state that is then not committed, so
    /// it changes nothing but the database.
    pub(super) async fn write<T, R, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        R: Send + 'static,
        E: From<R> + From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<Result<T, R>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            job: Box::new(Work::new(work, answer)),
            queued: Instant::now(),
        };
        // ANCHOR: queue
        self.queue
            .try_send(Message::Write(waiting))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
        // ANCHOR_END: queue
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(super) async fn close(&self) {
        // An error means that it is closing already.
        let _closing = self.queue.send(Message::Close).await;
        // The only change to come is the end.
        let _ended = self.ended.clone().changed().await;
    }
}

struct Thread<W> {
    connection: Connection,
    messages: mpsc::Receiver<Message>,
    batch: usize,
    watch: W,
    sabotage: Sabotage,
}

impl<W: Watch> Thread<W> {
    fn run(mut self) {
        while let Some(first) = self.messages.blocking_recv() {
            let jobs = self.gather(first);
            if !jobs.is_empty() {
                let batch = write_batch(&mut self.connection, jobs, self.sabotage);
                self.watch.batch(&batch);
            }
        }
        close_database(self.connection);
    }

    // ANCHOR: gather
    /// What is waiting, up to one batch, without those who have gone away.
    fn gather(&mut self, first: Message) -> Vec<Waiting> {
        let mut jobs = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Write(waiting) if waiting.job.is_abandoned() => {}
                Message::Write(waiting) => jobs.push(waiting),
                // What is in the queue is still received.
                Message::Close => self.messages.close(),
            }
            next = if jobs.len() < self.batch {
                self.messages.try_recv().ok()
            } else {
                None
            };
        }
        jobs
    }
    // ANCHOR_END: gather
}

/// Does every job in one transaction, commits, answers.
fn write_batch(connection: &mut Connection, mut jobs: Vec<Waiting>, sabotage: Sabotage) -> Batch {
    let started = Instant::now();
    let writes = jobs.len();
    let waited = jobs
        .first()
        .map_or(Duration::ZERO, |first| started.duration_since(first.queued));
    let mut commit = Duration::ZERO;
    let result = in_one_transaction(connection, &mut jobs, &mut commit, sabotage);
    let committed = result.is_ok();
    answer(jobs, &result);
    Batch {
        writes,
        waited,
        took: started.elapsed(),
        commit,
        committed,
    }
}

fn in_one_transaction(
    connection: &mut Connection,
    jobs: &mut Vec<Waiting>,
    commit: &mut Duration,
    sabotage: Sabotage,
) -> Result<(), StoreError> {
    let mut transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store_error)?;
    for waiting in &mut *jobs {
        let done = waiting.job.run(&mut transaction);
        // A full or failing disk makes SQLite roll back the whole transaction by itself. The next
        // job would then open, and commit, a transaction of its own.
        if let Err(error) = done
            && is_rolled_back(&transaction)
        {
            return Err(error);
        }
    }
    if sabotage == Sabotage::AnswerEarly {
        answer(std::mem::take(jobs), &Ok(()));
    }
    let started = Instant::now();
    transaction.commit().map_err(store_error)?;
    *commit = started.elapsed();
    Ok(())
}

fn is_rolled_back(transaction: &Transaction<'_>) -> bool {
    transaction.is_autocommit()
}

/// If the commit failed, so did every job, the refused ones too: what they were judged by never
/// happened.
fn answer(jobs: Vec<Waiting>, result: &Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::error!(writes = jobs.len(), %error, "a batch was not written");
    }
    for waiting in jobs {
        waiting.job.answer(result.clone());
    }
}

fn close_database(connection: Connection) {
    // So that the next start finds everything in the one file. The data is safe without it.
    if let Err(error) = connection.pragma_update(None, "wal_checkpoint", "truncate") {
        tracing::warn!(%error, "the log of the database was not merged into its file");
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the database was not closed cleanly");
    }
}

/// Another program's lock passes; anything else does not by itself.
pub(super) fn store_error(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        _ => StoreError::Failed(Arc::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use order::{Line, NewOrder, PlaceError, Placed, Purchase};
    use tempfile::TempDir;
    use types::{ProductId, Quantity};

    use super::super::outbox::Outbox;
    use super::super::{open, place};
    use super::*;

    type Answer = Result<Placed, PlaceError>;

    fn database() -> (TempDir, Connection) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("sales.db");
        let (connection, _) = open::writer(&path, &Options::default()).expect("opens");
        (directory, connection)
    }

    fn job(product: i64) -> (Waiting, oneshot::Receiver<Answer>) {
        let product = ProductId::new(product).expect("in range");
        let quantity = Quantity::new(1).expect("in range");
        let order = NewOrder::new(vec![Line { product, quantity }]).expect("a valid order");
        let purchase = Purchase::anonymous(order, UNIX_EPOCH);
        let (answer, answered) = oneshot::channel();
        let outbox = Outbox { is_on: true };
        let work = move |connection: &Connection| place::place(connection, &purchase, outbox);
        let waiting = Waiting {
            job: Box::new(Work::new(work, answer)),
            queued: Instant::now(),
        };
        (waiting, answered)
    }

    fn count(connection: &Connection) -> i64 {
        connection
            .query_row("SELECT count(*) FROM orders", [], |row| row.get(0))
            .expect("readable")
    }

    fn events(connection: &Connection) -> i64 {
        connection
            .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
            .expect("readable")
    }

    #[test]
    fn a_disk_that_fills_up_inside_a_batch_fails_the_batch_as_a_whole() {
        let (_directory, mut connection) = database();
        let pages: i64 = connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .expect("readable");
        connection
            .pragma_update(None, "max_page_count", pages)
            .expect("a limit");
        // More than the pages at hand can take.
        let (jobs, answers): (Vec<_>, Vec<_>) = (0..2_000).map(|_| job(1)).unzip();
        let batch = write_batch(&mut connection, jobs, Sabotage::None);
        assert!(!batch.committed);
        for mut answer in answers {
            let answer = answer.try_recv().expect("answered");
            assert!(
                matches!(answer, Err(PlaceError::Store(StoreError::Failed(_)))),
                "{answer:?}"
            );
        }
        assert_eq!(
            count(&connection),
            0,
            "no order was placed behind the batch's back"
        );
        assert_eq!(events(&connection), 0);

        connection
            .pragma_update(None, "max_page_count", pages + 100)
            .expect("a limit");
        let (job, mut answer) = job(1);
        assert!(write_batch(&mut connection, vec![job], Sabotage::None).committed);
        assert!(answer.try_recv().expect("answered").is_ok());
    }

    #[test]
    fn an_order_that_fails_while_writing_takes_back_its_own_writes_alone() {
        let (_directory, mut connection) = database();
        // The order's row goes in, its line does not.
        let trap = "CREATE TRIGGER trap BEFORE INSERT ON order_lines WHEN new.product_id = 2 \
            BEGIN SELECT RAISE(ABORT, 'trapped'); END";
        connection.execute_batch(trap).expect("valid SQL");
        let (jobs, answers): (Vec<_>, Vec<_>) = [1, 2, 3].map(job).into_iter().unzip();
        assert!(write_batch(&mut connection, jobs, Sabotage::None).committed);
        let placed: Vec<bool> = answers
            .into_iter()
            .map(|mut answer| answer.try_recv().expect("answered").is_ok())
            .collect();
        assert_eq!(placed, [true, false, true]);
        assert_eq!((count(&connection), events(&connection)), (2, 2));
        let full = format!(
            "SELECT count(*) FROM products WHERE stock = {}",
            crate::seed::STOCK
        );
        let untouched: i64 = connection
            .query_row(&full, [], |row| row.get(0))
            .expect("readable");
        assert_eq!(untouched, 10);
    }

    #[test]
    fn nobody_hears_of_an_order_before_its_commit() {
        let (_directory, mut connection) = database();
        // Every statement succeeds; the commit then finds a reference to nothing.
        let trap = "CREATE TABLE trap (x REFERENCES products (id) DEFERRABLE INITIALLY DEFERRED); \
            CREATE TRIGGER trap_order AFTER INSERT ON orders WHEN new.id = 2 \
            BEGIN INSERT INTO trap VALUES (999); END";
        connection.execute_batch(trap).expect("valid SQL");
        let (jobs, answers): (Vec<_>, Vec<_>) = [1, 1, 1].map(job).into_iter().unzip();
        assert!(!write_batch(&mut connection, jobs, Sabotage::None).committed);
        for mut answer in answers {
            let answer = answer.try_recv().expect("answered");
            let failed = matches!(answer, Err(PlaceError::Store(StoreError::Failed(_))));
            assert!(failed, "{answer:?}");
        }
        assert_eq!(count(&connection), 0);
    }

    #[test]
    fn a_commit_waits_for_the_disk() {
        let (_directory, connection) = database();
        let pragma = |name: &str| {
            let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            connection
                .pragma_query_value(None, name, read)
                .expect("readable")
        };
        // 2 is FULL: the log is synced before a commit returns.
        assert_eq!(pragma("synchronous"), 2.into());
        assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
        assert_eq!(pragma("foreign_keys"), 1.into());
        // 2 is MEMORY: there may be no other folder that can be written to.
        assert_eq!(pragma("temp_store"), 2.into());
    }
}
