//! The connections that read: a few, each used by one blocking thread at a time.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::task::spawn_blocking;
use types::StoreError;

use super::open;
use super::writer::store_error;
use crate::pool::{Gate, PoolUsage};

/// A pool of reading connections.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    /// One place per connection that may exist.
    gate: Gate,
    /// How many exist.
    open: Arc<AtomicUsize>,
    /// Connections nobody uses at the moment.
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// Opens the first of at most `count` connections, to find out whether it works; the others
    /// follow when needed.
    pub(super) fn open(path: &Path, count: usize) -> rusqlite::Result<Readers> {
        Ok(Readers {
            path: path.to_owned(),
            // A request has its own time limit.
            gate: Gate::new("store readers", count, None),
            open: Arc::new(AtomicUsize::new(1)),
            idle: Arc::new(Mutex::new(vec![open::reader(path)?])),
        })
    }

    // ANCHOR: read
    /// Runs `query` on a connection of its own, on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.gate.enter().await?;
        let (idle, open, path) = (
            Arc::clone(&self.idle),
            Arc::clone(&self.open),
            self.path.clone(),
        );
        let work = move || {
            // Given back after the query, even if the caller has stopped waiting for it.
            let _permit = permit;
            run(&idle, &open, &path, query)
        };
        let result = spawn_blocking(work).await.map_err(StoreError::failed)?;
        result.map_err(store_error)
    }
    // ANCHOR_END: read

    /// Closes the idle connections now and the others when their query ends; lets no further query
    /// in.
    pub(super) fn close(&self) {
        self.gate.close();
        lock(&self.idle).clear();
    }

    /// How much of the pool is in use.
    pub(super) fn usage(&self) -> PoolUsage {
        self.gate.usage(self.open.load(Ordering::Relaxed))
    }
}

/// A query that panics loses its connection; the next one opens another.
fn run<T>(
    idle: &Mutex<Vec<Connection>>,
    open: &AtomicUsize,
    path: &Path,
    query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let taken = lock(idle).pop();
    let connection = if let Some(connection) = taken {
        connection
    } else {
        let connection = open::reader(path)?;
        open.fetch_add(1, Ordering::Relaxed);
        connection
    };
    let lost = Lost(open);
    let result = query(&connection);
    std::mem::forget(lost);
    lock(idle).push(connection);
    result
}

/// A connection is gone.
struct Lost<'a>(&'a AtomicUsize);

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
