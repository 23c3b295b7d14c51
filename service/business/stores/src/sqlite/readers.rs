//! The connections that read: a few, each used by one blocking thread at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use types::StoreError;

use super::open;
use super::writer::store_error;

/// A pool of reading connections.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    /// One permit per connection that may exist.
    permits: Arc<Semaphore>,
    /// Connections nobody uses at the moment.
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// Opens the first of at most `count` connections, to find out whether it works; the others
    /// follow when needed.
    pub(super) fn open(path: &Path, count: usize) -> rusqlite::Result<Readers> {
        Ok(Readers {
            path: path.to_owned(),
            permits: Arc::new(Semaphore::new(count.max(1))),
            idle: Arc::new(Mutex::new(vec![open::reader(path)?])),
        })
    }

    /// Runs `query` on a connection of its own, on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        let work = move || {
            // Given back at the end of the query, even if the caller has stopped waiting for it.
            let _permit = permit;
            run(&idle, &path, query)
        };
        let result = spawn_blocking(work).await.map_err(StoreError::failed)?;
        result.map_err(store_error)
    }

    /// Closes the idle connections now and the others when their query ends; lets no further query
    /// in.
    pub(super) fn close(&self) {
        self.permits.close();
        lock(&self.idle).clear();
    }
}

/// A query that panics loses its connection; the next one opens another.
fn run<T>(
    idle: &Mutex<Vec<Connection>>,
    path: &Path,
    query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let taken = lock(idle).pop();
    let connection = match taken {
        Some(connection) => connection,
        None => open::reader(path)?,
    };
    let result = query(&connection);
    lock(idle).push(connection);
    result
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
