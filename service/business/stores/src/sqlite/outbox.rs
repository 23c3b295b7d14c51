//! Events in their table, until they are published.

use std::time::SystemTime;

use event::{Backlog, DeadLetter, Event, Kind, News, Origin, Outcome, Settled};
use rusqlite::{Connection, OptionalExtension, Row, params};
use types::{EventId, Money};

use super::rows::{self, damaged};

/// Writes news down inside the transaction of what they tell of, unless nobody wants to hear them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outbox {
    pub(super) is_on: bool,
}

impl Outbox {
    /// Keeps these news.
    #[inline(never)]
    pub(super) fn tell(
        self,
        connection: &Connection,
        news: impl FnOnce() -> News,
    ) -> rusqlite::Result<()> {
        if self.is_on {
            insert(connection, &news())?;
        }
        Ok(())
    }
}

fn insert(connection: &Connection, news: &News) -> rusqlite::Result<usize> {
    let at = rows::to_millis(news.at);
    let money = news.money.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO outbox (kind, subject, number, version, amount, currency, pieces, at, due_at) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        )?
        .execute(params![
            news.kind.name(),
            news.kind.subject().name(),
            news.number,
            news.version.map(types::Version::get),
            money.map(|money| money.amount()),
            money.map(|money| money.currency().to_string()),
            news.pieces.map(|pieces| pieces as i64),
            at
        ])
}

/// What this store's events are told by.
pub(super) fn origin(connection: &Connection) -> rusqlite::Result<Origin> {
    connection
        .prepare_cached("SELECT name FROM outbox_origin")?
        .query_row([], |row| row.get(0).map(|name: String| Origin::new(name)))
}

/// The oldest event of each subject, of those that are due.
pub(super) fn due(
    connection: &Connection,
    now: SystemTime,
    count: usize,
) -> rusqlite::Result<Vec<Event>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox AS event WHERE due_at <= ?1 AND NOT EXISTS ( \
            SELECT 1 FROM outbox AS older \
            WHERE older.subject = event.subject AND older.number = event.number AND older.id < event.id) \
        ORDER BY due_at, id LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(params![rows::to_millis(now), count as i64], event)?
        .collect()
}

/// Notes how publishing went.
pub(super) fn settle(connection: &Connection, settled: &[Settled]) -> rusqlite::Result<()> {
    let mut forget = connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
    let mut again = connection.prepare_cached(
        "UPDATE outbox SET due_at = ?2, attempts = ?3, error = coalesce(?4, error) WHERE id = ?1",
    )?;
    for Settled { id, outcome } in settled {
        let id = id.get();
        match outcome {
            Outcome::Published => forget.execute([id])?,
            Outcome::Again {
                due,
                attempts,
                error,
            } => again.execute(params![id, rows::to_millis(*due), attempts, error])?,
            Outcome::Dead { attempts, error } => {
                again.execute(params![id, None::<i64>, attempts, error])?
            }
        };
    }
    Ok(())
}

/// What waits to be published.
pub(super) fn backlog(connection: &Connection) -> rusqlite::Result<Backlog> {
    let count = |sql: &str| -> rusqlite::Result<u64> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_row([], |row| rows::count(row, 0))
    };
    let oldest = connection
        .prepare_cached("SELECT at FROM outbox WHERE due_at IS NOT NULL ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(Backlog {
        waiting: count("SELECT count(*) FROM outbox WHERE due_at IS NOT NULL")?,
        dead: count("SELECT count(*) FROM outbox WHERE due_at IS NULL")?,
        oldest: oldest.map(rows::from_millis),
    })
}

/// At most `count` dead letters after `after`.
pub(super) fn dead_letters(
    connection: &Connection,
    after: Option<EventId>,
    count: usize,
) -> rusqlite::Result<Vec<DeadLetter>> {
    let sql = format!(
        "SELECT {COLUMNS}, error FROM outbox WHERE due_at IS NULL AND id > ?1 ORDER BY id LIMIT ?2"
    );
    let letter = |row: &Row<'_>| {
        Ok(DeadLetter {
            event: event(row)?,
            error: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
        })
    };
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(params![after.map_or(0, EventId::get), count as i64], letter)?
        .collect()
}

/// Makes dead letters due, and tells which.
pub(super) fn requeue(
    connection: &Connection,
    which: Option<EventId>,
    now: SystemTime,
) -> rusqlite::Result<Vec<EventId>> {
    let sql = "UPDATE outbox SET due_at = ?1, attempts = 0 \
        WHERE due_at IS NULL AND (?2 IS NULL OR id = ?2) RETURNING id";
    let mut made: Vec<EventId> = connection
        .prepare_cached(sql)?
        .query_map(params![rows::to_millis(now), which.map(EventId::get)], id)?
        .collect::<rusqlite::Result<_>>()?;
    made.sort_unstable();
    Ok(made)
}

/// Forgets a dead letter.
pub(super) fn discard(connection: &Connection, which: EventId) -> rusqlite::Result<bool> {
    let gone = connection
        .prepare_cached("DELETE FROM outbox WHERE id = ?1 AND due_at IS NULL")?
        .execute([which.get()])?;
    Ok(gone > 0)
}

const COLUMNS: &str = "id, kind, number, version, amount, currency, pieces, at, attempts";

fn id(row: &Row<'_>) -> rusqlite::Result<EventId> {
    EventId::new(row.get(0)?).map_err(|error| damaged(0, error))
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let kind = row.get_ref(1)?.as_str()?;
    let kind: Kind = kind.parse().map_err(|error| damaged(1, error))?;
    let version: Option<i64> = row.get(3)?;
    let version = version.map(types::Version::new).transpose();
    let money: Option<Money> = match row.get::<_, Option<i64>>(4)? {
        Some(_) => Some(rows::money(row, 4, 5)?),
        None => None,
    };
    Ok(Event {
        id: id(row)?,
        news: News {
            kind,
            number: row.get(2)?,
            version: version.map_err(|error| damaged(3, error))?,
            money,
            pieces: row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs),
            at: rows::from_millis(row.get(7)?),
        },
        attempts: row.get(8)?,
    })
}
