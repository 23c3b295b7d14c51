//! Who changed what, in its table.

use ::audit::{Author, Entry, Event, Outcome, Query};
use sqlx::{Error, PgConnection, query};
use types::{EntryId, StoreError};

use super::Postgres;
use super::fault::store_error;
use super::rows::{self, damaged};

impl ::audit::Store for Postgres {
    async fn note(&self, event: Event) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        append(&mut connection, &event).await.map_err(store_error)
    }

    async fn entries(&self, query: Query, count: usize) -> Result<Vec<Entry>, StoreError> {
        let mut connection = self.connection().await?;
        let entries = entries(&mut connection, &query, count).await;
        entries.map_err(store_error)
    }
}

/// Keeps an event.
pub(super) async fn append(connection: &mut PgConnection, event: &Event) -> Result<(), Error> {
    query!(
        "INSERT INTO audit (at, subject, action, object, request, outcome) \
        VALUES ($1, $2, $3, $4, $5, $6)",
        rows::to_millis(event.author.at),
        event.author.subject,
        event.action,
        event.object,
        event.author.request,
        event.outcome.name()
    )
    .execute(connection)
    .await
    .map(drop)
}

async fn entries(
    connection: &mut PgConnection,
    asked: &Query,
    count: usize,
) -> Result<Vec<Entry>, Error> {
    let found = query!(
        "SELECT id, at, subject, action, object, request, outcome FROM audit \
        WHERE id > $1 AND ($2::text IS NULL OR subject = $2) AND ($3::text IS NULL OR object = $3) \
        ORDER BY id LIMIT $4",
        asked.after.map_or(0, EntryId::get),
        asked.subject.as_deref(),
        asked.object.as_deref(),
        count as i64
    )
    .fetch_all(connection)
    .await?;
    found
        .into_iter()
        .map(|row| {
            Ok(Entry {
                id: EntryId::new(row.id).map_err(damaged)?,
                event: Event {
                    author: Author {
                        subject: row.subject,
                        request: row.request,
                        at: rows::from_millis(row.at),
                    },
                    action: row.action,
                    object: row.object,
                    outcome: Outcome::named(&row.outcome)
                        .ok_or_else(|| Error::Decode("an unknown outcome".into()))?,
                },
            })
        })
        .collect()
}
