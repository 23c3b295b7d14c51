//! One write, tried again where that helps.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ::audit::Event;
use sqlx::{Connection as _, PgConnection};
use types::StoreError;

use super::audit;
use super::fault::{Fault, commit_fault, store_error};
use super::{Connection, Postgres};
use crate::audit::{Done, event};
use crate::watch::Batch;

/// How often a write is tried. Each time somebody else has got further, so few orders ever need more
/// than two.
const TRIES: u32 = 5;

/// What is done in a transaction: a result, or what it refuses. Boxed, because the compiler cannot
/// tell yet that the futures of an `AsyncFn` may be sent to another thread.
pub(super) type Work<'c, T, R> =
    Pin<Box<dyn Future<Output = Result<Result<T, R>, Fault>> + Send + 'c>>;

impl Postgres {
    /// Does the work in a transaction and answers once it is on disk. What the work refuses is taken
    /// back and answered as it is. The work may be done several times, on a state that is then not
    /// committed, so it changes nothing but the database.
    ///
    /// If it is known whose work it is, each thing that `noted` says of its result is an entry in the same transaction.
    pub(super) async fn change<T, R, E, N>(
        &self,
        noted: impl Fn(&T) -> N + Send + Sync,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T, R> + Send + Sync,
    ) -> Result<T, E>
    where
        T: Send,
        R: Send,
        E: From<R> + From<StoreError>,
        N: IntoIterator<Item = Done>,
    {
        let asked = Instant::now();
        let mut connection = self.connection().await?;
        let waited = asked.elapsed();
        let mut tries = 1;
        let note = |done: &T| -> Vec<Event> {
            let Some(author) = self.author.as_deref() else {
                return Vec::new();
            };
            let entry = |(action, object): Done| event(author, action, object);
            noted(done).into_iter().map(entry).collect()
        };
        loop {
            let begun = Instant::now();
            let mut commit = Duration::ZERO;
            let result = attempt(&mut connection, &work, &note, &mut commit).await;
            self.tell(&result, waited, begun.elapsed(), commit);
            match result {
                Ok(result) => return result.map_err(E::from),
                Err(Failed::Fault(fault)) if fault.passes() && tries < TRIES => {
                    self.shared.retries.fetch_add(1, Ordering::Relaxed);
                    tries += 1;
                }
                Err(failed) => return Err(StoreError::from(failed).into()),
            }
        }
    }

    fn tell<T>(
        &self,
        result: &Result<T, Failed>,
        waited: Duration,
        took: Duration,
        commit: Duration,
    ) {
        self.shared.watch.batch(&Batch {
            writes: 1,
            waited,
            took,
            commit,
            committed: result.is_ok(),
        });
    }
}

/// Why a transaction was not committed, or is not known to be.
enum Failed {
    Fault(Fault),
    Store(StoreError),
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> StoreError {
        match failed {
            Failed::Fault(fault) => fault.into(),
            Failed::Store(error) => error,
        }
    }
}

async fn attempt<T: Send, R: Send>(
    connection: &mut Connection,
    work: &(impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T, R> + Sync),
    note: &(impl Fn(&T) -> Vec<Event> + Sync),
    commit: &mut Duration,
) -> Result<Result<T, R>, Failed> {
    let begin = connection.begin().await;
    let mut transaction = begin.map_err(|error| Failed::Store(store_error(error)))?;
    // Dropped without a commit, it rolls back.
    let result = work(&mut transaction).await.map_err(Failed::Fault)?;
    let Ok(done) = &result else {
        return Ok(result);
    };
    for event in note(done) {
        let appended = audit::append(&mut transaction, &event).await;
        appended.map_err(|error| Failed::Fault(error.into()))?;
    }
    let started = Instant::now();
    if let Err(error) = transaction.commit().await {
        return Err(commit_fault(error).map_or_else(Failed::Store, Failed::Fault));
    }
    *commit = started.elapsed();
    Ok(result)
}
