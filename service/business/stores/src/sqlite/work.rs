//! One write on its way through a batch: done, then committed with its neighbours, then answered.

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;
use types::StoreError;

use super::writer::store_error;

/// What the writer's thread does with a write, whatever it is.
pub(super) trait Job: Send {
    /// True if nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;

    /// Does the work under a savepoint. What is refused or fails takes back what it wrote, and
    /// nothing of its neighbours in the batch.
    ///
    /// # Errors
    /// The store failed. That the work was refused is no error here.
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError>;

    /// Tells whoever waits how it went, now that the batch is committed, or is not.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A write that gives a `T`, may be refused with an `R`, and is answered with either of these or the
/// store's failure as an `E`.
pub(super) struct Work<F, T, R, E> {
    /// Taken when it runs.
    todo: Option<F>,
    result: Option<Result<Result<T, R>, StoreError>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, R, E> Work<F, T, R, E>
where
    F: FnOnce(&Connection) -> rusqlite::Result<Result<T, R>>,
{
    pub(super) fn new(work: F, answer: oneshot::Sender<Result<T, E>>) -> Work<F, T, R, E> {
        Work {
            todo: Some(work),
            result: None,
            answer,
        }
    }

    fn under_savepoint(
        &mut self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Result<T, R>, StoreError> {
        let Some(work) = self.todo.take() else {
            return Err(StoreError::Closed);
        };
        // Dropped without a commit, it rolls back.
        let savepoint = transaction.savepoint().map_err(store_error)?;
        let result = work(&savepoint).map_err(store_error)?;
        if result.is_ok() {
            savepoint.commit().map_err(store_error)?;
        }
        Ok(result)
    }
}

impl<F, T, R, E> Job for Work<F, T, R, E>
where
    F: FnOnce(&Connection) -> rusqlite::Result<Result<T, R>> + Send,
    T: Send,
    R: Send,
    E: From<R> + From<StoreError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let result = self.under_savepoint(transaction);
        let done = result.as_ref().map(|_| ()).map_err(StoreError::clone);
        self.result = Some(result);
        done
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.result) {
            (Err(error), _) | (Ok(()), Some(Err(error))) => Err(error.into()),
            (Ok(()), Some(Ok(result))) => result.map_err(E::from),
            (Ok(()), None) => Err(StoreError::Closed.into()),
        };
        // The caller may have stopped waiting; what is written stands all the same.
        let _gone = self.answer.send(answer);
    }
}
