//! Who changed what, in its table.

use ::audit::{Author, Entry, Event, Outcome, Query};
use rusqlite::{Connection, Error, Row, params, types::Type};
use types::{EntryId, StoreError};

use super::Sqlite;
use super::rows::{self, damaged};
use crate::audit::{Done, event};

impl Sqlite {
    /// Does the work as [`Writer::write`](super::writer::Writer::write) does, with an entry for each thing it did in the same
    /// transaction if it is known whose work it is.
    pub(super) async fn change<T, R, E, F, N>(
        &self,
        what: impl FnOnce(&T) -> N + Send + 'static,
        work: F,
    ) -> Result<T, E>
    where
        N: IntoIterator<Item = Done>,
        T: Send + 'static,
        R: Send + 'static,
        E: From<R> + From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<Result<T, R>> + Send + 'static,
    {
        let author = self.author.clone();
        let noted = move |connection: &Connection| {
            let result = work(connection)?;
            if let (Ok(done), Some(author)) = (&result, &author) {
                for (action, object) in what(done) {
                    append(connection, &event(author, action, object))?;
                }
            }
            Ok(result)
        };
        self.writer.write(noted).await
    }
}

impl ::audit::Store for Sqlite {
    async fn note(&self, event: Event) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| append(connection, &event).map(Ok::<_, StoreError>))
            .await
    }

    async fn entries(&self, query: Query, count: usize) -> Result<Vec<Entry>, StoreError> {
        self.readers
            .read(move |connection| entries(connection, &query, count))
            .await
    }
}

fn append(connection: &Connection, event: &Event) -> rusqlite::Result<()> {
    let sql = "INSERT INTO audit (at, subject, action, object, request, outcome) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection
        .prepare_cached(sql)?
        .execute(params![
            rows::to_millis(event.author.at),
            event.author.subject,
            event.action,
            event.object,
            event.author.request,
            event.outcome.name()
        ])
        .map(drop)
}

fn entries(connection: &Connection, query: &Query, count: usize) -> rusqlite::Result<Vec<Entry>> {
    let sql = "SELECT id, at, subject, action, object, request, outcome FROM audit \
        WHERE id > ?1 AND (?2 IS NULL OR subject = ?2) AND (?3 IS NULL OR object = ?3) \
        ORDER BY id LIMIT ?4";
    let after = query.after.map_or(0, EntryId::get);
    connection
        .prepare_cached(sql)?
        .query_map(
            params![after, query.subject, query.object, count as i64],
            entry,
        )?
        .collect()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let outcome = Outcome::named(row.get_ref(6)?.as_str()?);
    Ok(Entry {
        id: EntryId::new(row.get(0)?).map_err(|error| damaged(0, error))?,
        event: Event {
            author: Author {
                subject: row.get(2)?,
                request: row.get(5)?,
                at: rows::from_millis(row.get(1)?),
            },
            action: row.get(3)?,
            object: row.get(4)?,
            outcome: outcome
                .ok_or_else(|| Error::InvalidColumnType(6, "outcome".to_owned(), Type::Text))?,
        },
    })
}
