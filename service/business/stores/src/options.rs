//! How a store works.

use std::num::NonZeroUsize;
use std::time::Duration;

use product::Product;

use crate::seed;

/// How a store works.
#[derive(Clone, Debug)]
pub struct Options {
    /// The products a new database starts with. An existing one keeps its own.
    pub seed: Vec<Product>,
    /// How many writes may wait for SQLite's writer; more are refused with
    /// [`StoreError::Busy`](types::StoreError::Busy).
    pub queue: usize,
    /// How many writes one commit of SQLite may cover.
    pub batch: usize,
    /// How many connections read from SQLite.
    pub readers: usize,
    /// How many connections there are to PostgreSQL.
    pub connections: usize,
    /// How long to wait for one of them, and to PostgreSQL for an answer when the store is opened.
    pub connection_timeout: Duration,
    /// How long one statement may take in PostgreSQL.
    pub statement_timeout: Duration,
    /// How long to wait for somebody else who holds a lock in the database.
    pub lock_timeout: Duration,
    /// Whether each change is told of in an event, written with it. Somebody must then publish them, or they pile up.
    pub events: bool,
    /// How the store breaks its promise.
    pub sabotage: Sabotage,
}

/// How a store breaks the promise that what is acknowledged is on disk. For the tests of that promise,
/// which must notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// Not at all.
    #[default]
    None,
    /// It never waits for the disk (SQLite's `synchronous=OFF`, PostgreSQL's `synchronous_commit=off`).
    NeverSync,
    /// SQLite's writer acknowledges what is about to be committed.
    AnswerEarly,
}

impl Options {
    /// The pools for a process that may use so many CPUs.
    ///
    /// - SQLite's readers work on this process's CPUs and seldom wait, for the disk: two for each
    ///   CPU, from 4 to 16.
    /// - A connection to PostgreSQL mostly waits for the server, which works elsewhere, so four for
    ///   each CPU keep this process busy. From 4 to 32: three processes then stay within the 100
    ///   connections that a server allows by default.
    #[must_use]
    pub fn for_cpus(self, cpus: NonZeroUsize) -> Options {
        let cpus = cpus.get();
        Options {
            readers: cpus.saturating_mul(2).clamp(4, 16),
            connections: cpus.saturating_mul(4).clamp(4, 32),
            ..self
        }
    }
}

impl Default for Options {
    /// With pools for two CPUs.
    fn default() -> Options {
        Options {
            seed: seed::catalogue(),
            queue: 1_024,
            batch: 128,
            readers: 4,
            connections: 8,
            connection_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
            events: false,
            sabotage: Sabotage::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_follow_the_cpus_within_bounds() {
        for (cpus, readers, connections) in [(1, 4, 4), (2, 4, 8), (4, 8, 16), (64, 16, 32)] {
            let cpus = NonZeroUsize::new(cpus).expect("some");
            let options = Options::default().for_cpus(cpus);
            assert_eq!(
                (options.readers, options.connections),
                (readers, connections)
            );
        }
    }
}
