//! Events in their table, until they are published.
//!
//! Several instances share the work: an event that one is given is not due for the others until its lease is over, and
//! while one is being given they look past it (`SKIP LOCKED`) instead of waiting. A claim is one statement, so nothing
//! is locked while an event is on its way.

use std::time::{Duration, SystemTime};

use event::{Backlog, DeadLetter, Event, News, Origin, Outcome, Settled};
use sqlx::{Error, PgConnection, query, query_as, query_scalar};
use types::{EventId, StoreError, Version};

use super::fault::Fault;
use super::rows;

/// Writes news down inside the transaction of what they tell of, unless nobody wants to hear them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outbox {
    pub(super) is_on: bool,
}

impl Outbox {
    /// Keeps these news.
    pub(super) async fn tell(
        self,
        connection: &mut PgConnection,
        news: impl FnOnce() -> News,
    ) -> Result<(), Error> {
        if !self.is_on {
            return Ok(());
        }
        let news = news();
        let currency = news.money.map(|money| money.currency().to_string());
        query!(
            "INSERT INTO outbox (kind, subject, number, version, amount, currency, pieces, at, due_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
            news.kind.name(),
            news.kind.subject().name(),
            news.number,
            news.version.map(Version::get),
            news.money.map(types::Money::amount),
            currency,
            news.pieces.map(|pieces| pieces as i64),
            rows::to_millis(news.at)
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// What this store's events are told by.
pub(super) async fn origin(connection: &mut PgConnection) -> Result<Origin, Error> {
    let name = query_scalar!("SELECT name FROM outbox_origin").fetch_one(connection);
    name.await.map(Origin::new)
}

/// Gives the oldest event of each subject, of those that are due, to whoever asks.
pub(super) async fn due(
    connection: &mut PgConnection,
    now: SystemTime,
    lease: Duration,
    count: usize,
) -> Result<Vec<Event>, Error> {
    // The subject's older event may have gone after this statement began to look: then it says so the next time.
    let given = query_as!(
        EventRow,
        r#"UPDATE outbox SET due_at = $2 FROM (
            SELECT id FROM outbox AS event WHERE due_at <= $1 AND NOT EXISTS (
                SELECT FROM outbox AS older
                WHERE older.subject = event.subject AND older.number = event.number AND older.id < event.id)
            ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) AS given
        WHERE outbox.id = given.id
        RETURNING outbox.id, kind, number, version, amount, currency, pieces, at, attempts, NULL::text AS error"#,
        rows::to_millis(now),
        rows::to_millis(now + lease),
        count as i64
    )
    .fetch_all(connection)
    .await?;
    let mut events: Vec<Event> = given
        .into_iter()
        .map(EventRow::event)
        .collect::<Result<_, _>>()?;
    events.sort_by_key(|event| event.id);
    Ok(events)
}

/// Notes how publishing went.
pub(super) async fn settle(
    connection: &mut PgConnection,
    settled: &[Settled],
) -> Result<Result<(), StoreError>, Fault> {
    let published = settled
        .iter()
        .filter(|settled| settled.outcome == Outcome::Published);
    let published: Vec<i64> = published.map(|settled| settled.id.get()).collect();
    query!("DELETE FROM outbox WHERE id = ANY($1)", &published)
        .execute(&mut *connection)
        .await?;
    for Settled { id, outcome } in settled {
        let (due, attempts, error) = match outcome {
            Outcome::Published => continue,
            Outcome::Again {
                due,
                attempts,
                error,
            } => (Some(rows::to_millis(*due)), *attempts, error.as_ref()),
            Outcome::Dead { attempts, error } => (None, *attempts, Some(error)),
        };
        query!(
            "UPDATE outbox SET due_at = $2, attempts = $3, error = coalesce($4, error) WHERE id = $1",
            id.get(),
            due,
            i64::from(attempts),
            error
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(Ok(()))
}

/// What waits to be published.
pub(super) async fn backlog(connection: &mut PgConnection) -> Result<Backlog, Error> {
    let row = query!(
        r#"SELECT (SELECT count(*) FROM outbox WHERE due_at IS NOT NULL) AS "waiting!",
        (SELECT count(*) FROM outbox WHERE due_at IS NULL) AS "dead!",
        (SELECT at FROM outbox WHERE due_at IS NOT NULL ORDER BY id LIMIT 1) AS oldest"#
    )
    .fetch_one(connection)
    .await?;
    Ok(Backlog {
        waiting: rows::count(row.waiting)?,
        dead: rows::count(row.dead)?,
        oldest: row.oldest.map(rows::from_millis),
    })
}

/// At most `count` dead letters after `after`.
pub(super) async fn dead_letters(
    connection: &mut PgConnection,
    after: Option<EventId>,
    count: usize,
) -> Result<Vec<DeadLetter>, Error> {
    let found = query_as!(
        EventRow,
        "SELECT id, kind, number, version, amount, currency, pieces, at, attempts, error FROM outbox \
        WHERE due_at IS NULL AND id > $1 ORDER BY id LIMIT $2",
        after.map_or(0, EventId::get),
        count as i64
    )
    .fetch_all(connection)
    .await?;
    let letter = |mut row: EventRow| {
        Ok(DeadLetter {
            error: row.error.take().unwrap_or_default(),
            event: row.event()?,
        })
    };
    found.into_iter().map(letter).collect()
}

/// Makes dead letters due, and tells which.
pub(super) async fn requeue(
    connection: &mut PgConnection,
    which: Option<EventId>,
    now: SystemTime,
) -> Result<Result<Vec<EventId>, StoreError>, Fault> {
    let made = query_scalar!(
        "UPDATE outbox SET due_at = $1, attempts = 0 \
        WHERE due_at IS NULL AND ($2::bigint IS NULL OR id = $2) RETURNING id",
        rows::to_millis(now),
        which.map(EventId::get)
    )
    .fetch_all(connection)
    .await?;
    let made: Result<Vec<_>, Error> = made.into_iter().map(rows::event_id).collect();
    let mut made = made?;
    made.sort_unstable();
    Ok(Ok(made))
}

/// Forgets a dead letter.
pub(super) async fn discard(
    connection: &mut PgConnection,
    which: EventId,
) -> Result<Result<bool, StoreError>, Fault> {
    let gone = query!(
        "DELETE FROM outbox WHERE id = $1 AND due_at IS NULL",
        which.get()
    )
    .execute(connection)
    .await?;
    Ok(Ok(gone.rows_affected() > 0))
}

/// A row of `outbox`.
struct EventRow {
    id: i64,
    kind: String,
    number: i64,
    version: Option<i64>,
    amount: Option<i64>,
    currency: Option<String>,
    pieces: Option<i64>,
    at: i64,
    attempts: i64,
    error: Option<String>,
}

impl EventRow {
    fn event(self) -> Result<Event, Error> {
        let kind = self.kind.parse();
        let money = match (self.amount, &self.currency) {
            (Some(amount), Some(currency)) => Some(rows::money(amount, currency)?),
            _ => None,
        };
        Ok(Event {
            id: rows::event_id(self.id)?,
            news: News {
                kind: kind.map_err(|error| Error::Decode(Box::new(error)))?,
                number: self.number,
                version: self.version.map(rows::version).transpose()?,
                money,
                pieces: self.pieces.map(i64::unsigned_abs),
                at: rows::from_millis(self.at),
            },
            attempts: self.attempts as u32,
        })
    }
}
