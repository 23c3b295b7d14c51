//! Brings the tables to the version this program knows, as [`sqlite::migrate`](crate::sqlite::migrate)
//! does. What ran is noted in the table `sales_migrations`, whose presence also tells that the tables
//! beside it are ours. Two programs that start at once take turns (an advisory lock), and a migration
//! that fails leaves nothing behind.

use product::Product;
use sqlx::{Connection as _, PgConnection, query, query_as, query_scalar, raw_sql};
use thiserror::Error;

use crate::migration::{self, Kind, Migrated, Migration, Mismatch, Noted};

/// Each brings the database one version further. Never change one that has been released: append.
const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_the_shop",
        kind: Kind::Contract,
        sql: include_str!("../../migrations/postgres/0001_the_shop.sql"),
    },
    Migration {
        name: "0002_expand_order_indexes",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/postgres/0002_expand_order_indexes.sql"),
    },
    Migration {
        name: "0003_expand_orders_of_product",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/postgres/0003_expand_orders_of_product.sql"),
    },
    Migration {
        name: "0004_expand_sessions_and_audit",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/postgres/0004_expand_sessions_and_audit.sql"),
    },
    Migration {
        name: "0005_expand_outbox",
        kind: Kind::Expand,
        sql: include_str!("../../migrations/postgres/0005_expand_outbox.sql"),
    },
];

/// Why the tables could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// There are tables of another program.
    #[error("it holds tables of another program")]
    Foreign,
    /// The database keeps text in another encoding.
    #[error("its encoding is {0}; create it with ENCODING 'UTF8'")]
    Encoding(String),
    /// The database and this program do not fit.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Applies the migrations that are missing; a new database gets the products of `seed`. All of it
/// or nothing.
pub(super) async fn up(
    connection: &mut PgConnection,
    seed: &[Product],
) -> Result<Migrated, MigrateError> {
    check_encoding(connection).await?;
    let mut transaction = connection.begin().await?;
    // What takes its time here is waited for: another program that migrates, or a large table.
    raw_sql("SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '1min'")
        .execute(&mut *transaction)
        .await?;
    query!("SELECT pg_advisory_xact_lock(1398893669, 0)")
        .execute(&mut *transaction)
        .await?;
    let from = advance(&mut transaction, MIGRATIONS).await?;
    if from == 0 {
        insert(&mut transaction, seed).await?;
    }
    transaction.commit().await?;
    Ok(Migrated {
        from,
        to: from.max(MIGRATIONS.len()),
    })
}

async fn check_encoding(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let encoding = query_scalar!(r#"SELECT current_setting('server_encoding') AS "encoding!""#)
        .fetch_one(connection)
        .await?;
    if encoding == "UTF8" {
        Ok(())
    } else {
        Err(MigrateError::Encoding(encoding))
    }
}

/// Applies what is missing and gives the version that was found.
async fn advance(
    connection: &mut PgConnection,
    migrations: &[Migration],
) -> Result<usize, MigrateError> {
    let noted = noted(connection).await?;
    migration::compare(&noted, noted.len(), migrations)?;
    for (index, migration) in migrations.iter().enumerate().skip(noted.len()) {
        raw_sql(migration.sql).execute(&mut *connection).await?;
        query!(
            "INSERT INTO sales_migrations (version, name, kind, checksum) VALUES ($1, $2, $3, $4)",
            index as i64 + 1,
            migration.name,
            migration.kind.name(),
            migration.checksum()
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(noted.len())
}

/// What has run; makes the table for it in an empty schema.
async fn noted(connection: &mut PgConnection) -> Result<Vec<Noted>, MigrateError> {
    let schema = query!(
        r#"SELECT to_regclass('sales_migrations') IS NOT NULL AS "ours!",
        EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace) AS "used!""#
    )
    .fetch_one(&mut *connection)
    .await?;
    if !schema.ours {
        if schema.used {
            return Err(MigrateError::Foreign);
        }
        raw_sql(NOTES).execute(&mut *connection).await?;
    }
    let noted = query_as!(
        Noted,
        "SELECT name, kind, checksum FROM sales_migrations ORDER BY version"
    );
    Ok(noted.fetch_all(connection).await?)
}

const NOTES: &str = include_str!("../../migrations/postgres/0000_notes.sql");

async fn insert(connection: &mut PgConnection, products: &[Product]) -> Result<(), sqlx::Error> {
    for product in products {
        let currency = product.price.currency();
        query!(
            "INSERT INTO products (id, name, price, currency, stock, supplied, version) \
            VALUES ($1, $2, $3, $4, $5, $5, 1)",
            product.id.get(),
            product.name.as_str(),
            product.price.amount(),
            currency.code(),
            product.stock.get()
        )
        .execute(&mut *connection)
        .await?;
    }
    // The next product's number follows those given here.
    query!(
        r#"SELECT setval(pg_get_serial_sequence('products', 'id'), max(id)) AS "next" FROM products"#
    )
    .fetch_one(connection)
    .await
    .map(|_| ())
}
