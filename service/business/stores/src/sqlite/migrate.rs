//! Brings the tables to the version this program knows. The version is kept in the database's own
//! `user_version`, and a mark of ours in its `application_id`, so that somebody else's database is
//! never changed.

use product::Product;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use thiserror::Error;

/// `Sale` in ASCII.
const APPLICATION_ID: i32 = 0x5361_6c65;

/// Each brings the database one version further. Never change one that has been released: append.
const MIGRATIONS: &[&str] = &[include_str!(
    "../../migrations/0001_products_and_orders.sql"
)];

/// Why the tables could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// The database belongs to another program.
    #[error("it is a database of another program")]
    Foreign,
    /// A newer version of this program has changed the tables.
    #[error("its tables have version {found}; this program knows versions up to {known}")]
    Newer {
        /// The database's version.
        found: usize,
        /// The latest version known here.
        known: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Applies the migrations that are missing; a new database gets the products of `seed`. All of it
/// or nothing: two programs may start at once.
pub(super) fn up(connection: &mut Connection, seed: &[Product]) -> Result<(), MigrateError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    for migration in &MIGRATIONS[version..] {
        transaction.execute_batch(migration)?;
    }
    if version == 0 {
        insert(&transaction, seed)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if version < MIGRATIONS.len() {
        transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    }
    transaction.commit()?;
    Ok(())
}

/// How many of the migrations the database has.
pub(super) fn version(connection: &Connection) -> Result<usize, MigrateError> {
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let known = MIGRATIONS.len();
    match usize::try_from(version) {
        Ok(0) if application == 0 && tables == 0 => Ok(0),
        Ok(found) if application == APPLICATION_ID && found > known => {
            Err(MigrateError::Newer { found, known })
        }
        Ok(found) if application == APPLICATION_ID && found > 0 => Ok(found),
        _ => Err(MigrateError::Foreign),
    }
}

fn insert(transaction: &Transaction<'_>, products: &[Product]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare(
        "INSERT INTO products (id, name, price, currency, stock) VALUES (?1, ?2, ?3, ?4, ?5)",
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

    fn up_on(sql: &str) -> Result<(), MigrateError> {
        let mut connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch(sql).expect("valid SQL");
        up(&mut connection, &seed::catalogue())
    }

    #[test]
    fn a_second_start_neither_migrates_nor_seeds_again() {
        let mut connection = Connection::open_in_memory().expect("opens");
        up(&mut connection, &seed::catalogue()).expect("a new database");
        connection
            .execute_batch("UPDATE products SET stock = 7; DELETE FROM products WHERE id = 12")
            .expect("valid SQL");
        up(&mut connection, &seed::catalogue()).expect("an existing database");
        let count = "SELECT count(*) FROM products WHERE stock = 7";
        let left: i64 = connection
            .query_row(count, [], |row| row.get(0))
            .expect("valid SQL");
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
        assert_eq!(
            error,
            "its tables have version 99; this program knows versions up to 1"
        );
    }
}
