//! Brings the tables to the version this program knows. The version is kept in the database's own
//! `user_version`, and a mark of ours in its `application_id`, so that somebody else's database is
//! never changed.
//!
//! Every migration is recorded with its checksum: one that was changed after it ran is an error, not
//! a surprise. A change that programs of the version before could not live with is made in two
//! steps, *expand* and *contract*: first the new form beside the old one, kept in step by the
//! database; then, when nobody uses it any more, the old one goes. So a program accepts a database
//! that is newer than itself as long as it was only expanded, and old and new run side by side during
//! a rolling restart.

use product::Product;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use thiserror::Error;

use crate::migration::{self, Kind, Migrated, Migration, Mismatch, Noted};

/// `Sale` in ASCII.
const APPLICATION_ID: i32 = 0x5361_6c65;

/// Each brings the database one version further. Never change one that has been released: append.
const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_products_and_orders",
        kind: Kind::Contract,
        sql: include_str!("../../migrations/sqlite/0001_products_and_orders.sql"),
    },
    Migration {
        name: "0002_the_whole_shop",
        kind: Kind::Contract,
        sql: include_str!("../../migrations/sqlite/0002_the_whole_shop.sql"),
    },
    Migration {
        name: "0003_expand_key_expiry",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/sqlite/0003_expand_key_expiry.sql"),
    },
    Migration {
        name: "0004_contract_key_expiry",
        kind: Kind::Contract,
        sql: include_str!("../../migrations/sqlite/0004_contract_key_expiry.sql"),
    },
    Migration {
        name: "0005_expand_orders_of_product",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/sqlite/0005_expand_orders_of_product.sql"),
    },
    Migration {
        name: "0006_expand_sessions_and_audit",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/sqlite/0006_expand_sessions_and_audit.sql"),
    },
    Migration {
        name: "0007_expand_outbox",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/sqlite/0007_expand_outbox.sql"),
    },
];

/// Why the tables could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// The database belongs to another program.
    #[error("it is a database of another program")]
    Foreign,
    /// The database and this program do not fit.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The database failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Applies the migrations that are missing; a new database gets the products of `seed`. All of it
/// or nothing: two programs may start at once.
pub(super) fn up(connection: &mut Connection, seed: &[Product]) -> Result<Migrated, MigrateError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = advance(&transaction, MIGRATIONS)?;
    if from == 0 {
        insert(&transaction, seed)?;
    }
    transaction.commit()?;
    Ok(Migrated {
        from,
        to: from.max(MIGRATIONS.len()),
    })
}

/// Makes sure that the database can be brought up to date, without changing it.
pub(super) fn check(connection: &Connection) -> Result<(), MigrateError> {
    version(connection, MIGRATIONS).map(|_| ())
}

/// Applies what is missing and gives the version that was found.
fn advance(transaction: &Transaction<'_>, migrations: &[Migration]) -> Result<usize, MigrateError> {
    let version = version(transaction, migrations)?;
    let missing = migrations.get(version..).unwrap_or_default();
    for migration in missing {
        transaction.execute_batch(migration.sql)?;
    }
    if !missing.is_empty() {
        record(transaction, migrations)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", migrations.len() as i64)?;
    }
    Ok(version)
}

/// Notes what has run, those included that ran before notes were taken.
fn record(transaction: &Transaction<'_>, migrations: &[Migration]) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, \
        kind TEXT NOT NULL, checksum TEXT NOT NULL) STRICT",
    )?;
    let mut statement =
        transaction.prepare("INSERT OR IGNORE INTO migrations VALUES (?1, ?2, ?3, ?4)")?;
    for (version, migration) in (1_i64..).zip(migrations) {
        let kind = migration.kind.name();
        statement.execute(params![version, migration.name, kind, migration.checksum()])?;
    }
    Ok(())
}

/// How many of the migrations the database has, which may be more than are known here.
fn version(connection: &Connection, migrations: &[Migration]) -> Result<usize, MigrateError> {
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match usize::try_from(version) {
        Ok(0) if application == 0 && tables == 0 => Ok(0),
        Ok(found) if application == APPLICATION_ID && found > 0 => {
            compare(connection, migrations, found)?;
            Ok(found)
        }
        _ => Err(MigrateError::Foreign),
    }
}

/// Holds what ran against what is known here.
fn compare(
    connection: &Connection,
    migrations: &[Migration],
    found: usize,
) -> Result<(), MigrateError> {
    let mut noted = Vec::new();
    if connection.table_exists(None, "migrations")? {
        let mut statement =
            connection.prepare("SELECT name, kind, checksum FROM migrations ORDER BY version")?;
        noted = statement.query_map([], note)?.collect::<Result<_, _>>()?;
    }
    Ok(migration::compare(&noted, found, migrations)?)
}

fn note(row: &Row<'_>) -> rusqlite::Result<Noted> {
    Ok(Noted {
        name: row.get(0)?,
        kind: row.get(1)?,
        checksum: row.get(2)?,
    })
}

fn insert(transaction: &Transaction<'_>, products: &[Product]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare(
        "INSERT INTO products (id, name, price, currency, stock, supplied) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?;
    for product in products {
        let price = product.price;
        statement.execute(params![
            product.id.get(),
            product.name.as_str(),
            price.amount(),
            price.currency().code(),
            product.stock.get()
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    fn memory() -> Connection {
        Connection::open_in_memory().expect("opens")
    }

    fn up_on(sql: &str) -> Result<Migrated, MigrateError> {
        let mut connection = memory();
        connection.execute_batch(sql).expect("valid SQL");
        up(&mut connection, &seed::catalogue())
    }

    fn advance_on(
        connection: &mut Connection,
        migrations: &[Migration],
    ) -> Result<usize, MigrateError> {
        let transaction = connection.transaction().expect("begins");
        let version = advance(&transaction, migrations)?;
        transaction.commit().expect("commits");
        Ok(version)
    }

    fn number(connection: &Connection, sql: &str) -> i64 {
        connection
            .query_row(sql, [], |row| row.get(0))
            .expect("valid SQL")
    }

    #[test]
    fn a_second_start_neither_migrates_nor_seeds_again() {
        let mut connection = memory();
        up(&mut connection, &seed::catalogue()).expect("a new database");
        connection
            .execute_batch("UPDATE products SET stock = 7; DELETE FROM products WHERE id = 12")
            .expect("valid SQL");
        up(&mut connection, &seed::catalogue()).expect("an existing database");
        let left = number(&connection, "SELECT count(*) FROM products WHERE stock = 7");
        assert_eq!(left, 11);
    }

    #[test]
    fn databases_of_others_are_left_alone() {
        for sql in [
            "CREATE TABLE theirs (id)",
            "PRAGMA application_id = 1",
            "PRAGMA user_version = 3",
        ] {
            assert!(matches!(up_on(sql), Err(MigrateError::Foreign)), "{sql}");
        }
    }

    #[test]
    fn tables_of_a_newer_program_are_left_alone() {
        let sql = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 99");
        let error = up_on(&sql).expect_err("a newer database").to_string();
        let known = MIGRATIONS.len();
        let expected =
            format!("its tables have version 99; this program knows versions up to {known}");
        assert_eq!(error, expected);
    }

    #[test]
    fn a_program_works_on_tables_that_were_only_expanded_since() {
        let mut connection = memory();
        advance_on(&mut connection, &MIGRATIONS[..3]).expect("new");
        assert_eq!(
            advance_on(&mut connection, &MIGRATIONS[..2]).expect("expanded"),
            3
        );
        advance_on(&mut connection, &MIGRATIONS[..4]).expect("the next");
        let error = advance_on(&mut connection, &MIGRATIONS[..3]).expect_err("contracted");
        assert!(
            matches!(
                error,
                MigrateError::Mismatch(Mismatch::Newer { found: 4, known: 3 })
            ),
            "{error}"
        );
    }

    #[test]
    fn what_an_old_program_writes_into_expanded_tables_is_complete() {
        let mut connection = memory();
        advance_on(&mut connection, &MIGRATIONS[..3]).expect("new");
        connection
            .execute_batch(
                "INSERT INTO orders (placed_at, total, currency) VALUES (0, 1, 'EUR'); \
                INSERT INTO idempotency_keys (customer, key, order_id, created_at) VALUES (0, 'k', 1, 1000)",
            )
            .expect("as version 2 writes");
        assert_eq!(
            number(&connection, "SELECT expires_at FROM idempotency_keys"),
            86_401_000
        );
    }

    #[test]
    fn a_migration_that_was_changed_after_it_ran_is_an_error() {
        let mut connection = memory();
        up(&mut connection, &seed::catalogue()).expect("a new database");
        connection
            .execute_batch("UPDATE migrations SET checksum = 'other' WHERE version = 2")
            .expect("valid SQL");
        let error = up(&mut connection, &[]).expect_err("changed").to_string();
        assert!(error.contains("0002_the_whole_shop"), "{error}");
    }

    #[test]
    fn orders_of_the_first_version_are_counted() {
        let mut connection = memory();
        advance_on(&mut connection, &MIGRATIONS[..1]).expect("new");
        connection
            .execute_batch(
                "DROP TABLE migrations; -- the first version took no notes
                INSERT INTO products VALUES (1, 'Tea', 100, 'EUR', 7), (2, 'Pot', 900, 'EUR', 5);
                INSERT INTO orders VALUES (1, 0, 300, 'EUR');
                INSERT INTO order_lines VALUES (1, 0, 1, 3, 100);",
            )
            .expect("as version 1 writes");
        up(&mut connection, &[]).expect("an existing database");
        let supplied = "SELECT sum(id * 100 + supplied) FROM products";
        assert_eq!(number(&connection, supplied), 110 + 205);
        let totals =
            "SELECT placed * 10000 + pieces * 1000 + revenue FROM totals WHERE currency = 'EUR'";
        assert_eq!(number(&connection, totals), 13_300);
        assert_eq!(
            number(&connection, "SELECT count(*) FROM migrations"),
            MIGRATIONS.len() as i64
        );
    }
}
