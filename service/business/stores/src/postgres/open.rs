//! Connects, or says what is wrong.

use std::io;
use std::str::FromStr;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection as _, Error, PgConnection, PgPool};
use thiserror::Error as ThisError;

use super::migrate::{self, MigrateError};
use crate::location::PostgresUrl;
use crate::migration::Migrated;
use crate::options::{Options, Sabotage};

/// Why a store could not be opened. Each message names the server and the whole cause, without the
/// secrets of the URL, so there is no `source` that would repeat it.
#[derive(Debug, ThisError)]
pub enum OpenError {
    /// The URL makes no sense.
    #[error("cannot use the store {url}: {cause}")]
    Url {
        /// Where it was looked for.
        url: PostgresUrl,
        /// The cause.
        cause: BadUrl,
    },
    /// The server cannot be reached or lets nobody in.
    #[error("cannot open the store {url}: {}", in_words(.cause))]
    Server {
        /// Where it was looked for.
        url: PostgresUrl,
        /// The cause.
        cause: Error,
    },
    /// The server did not answer in time.
    #[error("cannot open the store {url}: no answer within {after:?}")]
    Silent {
        /// Where it was looked for.
        url: PostgresUrl,
        /// How long it was waited for.
        after: Duration,
    },
    /// The database is there, but its tables are not ours.
    #[error("cannot use the store {url}: {cause}")]
    Tables {
        /// Where it is.
        url: PostgresUrl,
        /// The cause.
        cause: MigrateError,
    },
}

/// Why a URL of a database makes no sense. No message repeats a value of it.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum BadUrl {
    /// It is not a URL.
    #[error("it must read postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters as %XX")]
    Spelling,
    /// An option that means nothing here.
    #[error("`{0}` is not an option here (known are {known})", known = KNOWN.join(", "))]
    Option(String),
    /// No database.
    #[error("the name of the database is missing at its end")]
    NoDatabase,
    /// A server elsewhere.
    #[error(
        "this build has no TLS: add sslmode=disable to speak to another machine in clear, through a network you trust"
    )]
    Clear,
    /// TLS is asked for.
    #[error(
        "this build has no TLS, which sslmode asks for; put a proxy on this machine before the server"
    )]
    Tls,
}

const KNOWN: [&str; 8] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "password",
    "port",
    "sslmode",
    "user",
];

/// What is wrong, in words that say what to do about it.
fn in_words(error: &Error) -> String {
    let code = error.as_database_error().and_then(DatabaseError::code);
    match code.as_deref() {
        Some("28P01") => return "the server refuses the user's password".to_owned(),
        Some("3D000") => return "there is no such database; create it first".to_owned(),
        Some("53300") => return "the server has no connection left for this user".to_owned(),
        _ => {}
    }
    match error {
        Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
            "no server listens there".to_owned()
        }
        Error::Io(cause) if cause.kind() == io::ErrorKind::NotFound => {
            "there is no such socket".to_owned()
        }
        other => other.to_string().replace('\n', " "),
    }
}

/// The connections, on a database brought up to date.
pub(super) async fn pool(
    url: &PostgresUrl,
    options: &Options,
) -> Result<(PgPool, Migrated), OpenError> {
    let server = server(url.secret()).map_err(|cause| OpenError::Url {
        url: url.clone(),
        cause,
    })?;
    let server = durable(server, options);
    let migrated = migrate(url, &server, options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(u32::try_from(options.connections.max(1)).unwrap_or(u32::MAX))
        .acquire_timeout(options.connection_timeout)
        // Asking before each use would cost every order a round trip. One that was used a moment ago
        // is as good as sure to be alive.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > Duration::from_secs(1) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(server);
    Ok((pool, migrated))
}

fn server(url: &str) -> Result<PgConnectOptions, BadUrl> {
    // sqlx would log an option it does not know with its value, which may be a misspelled password.
    let options = url.split_once('?').map_or("", |(_, options)| options);
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let name = option.split('=').next().unwrap_or_default();
        if !KNOWN.contains(&name) {
            let harmless = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let name = if harmless { name } else { "***" };
            return Err(BadUrl::Option(name.to_owned()));
        }
    }
    let server = PgConnectOptions::from_str(url).map_err(|_| BadUrl::Spelling)?;
    if server.get_database().is_none() {
        return Err(BadUrl::NoDatabase);
    }
    match server.get_ssl_mode() {
        PgSslMode::Disable => Ok(server),
        PgSslMode::Allow | PgSslMode::Prefer if is_here(&server) => {
            Ok(server.ssl_mode(PgSslMode::Disable))
        }
        PgSslMode::Allow | PgSslMode::Prefer => Err(BadUrl::Clear),
        _ => Err(BadUrl::Tls),
    }
}

fn is_here(server: &PgConnectOptions) -> bool {
    let host = server.get_host().trim_matches(['[', ']']);
    let loopback = host
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    server.get_socket().is_some() || host.starts_with('/') || host == "localhost" || loopback
}

/// A commit is acknowledged only when it would survive a power cut, whatever the server's defaults
/// are; nothing waits for ever.
fn durable(server: PgConnectOptions, options: &Options) -> PgConnectOptions {
    let millis = |limit: Duration| limit.as_millis().max(1).to_string();
    let synchronous = match options.sabotage {
        Sabotage::NeverSync => "off",
        _ => "on",
    };
    server
        .options([
            ("synchronous_commit", synchronous.to_owned()),
            ("default_transaction_isolation", "read committed".to_owned()),
            ("statement_timeout", millis(options.statement_timeout)),
            ("lock_timeout", millis(options.lock_timeout)),
            (
                "idle_in_transaction_session_timeout",
                millis(options.statement_timeout),
            ),
        ])
        .disable_statement_logging()
}

async fn migrate(
    url: &PostgresUrl,
    server: &PgConnectOptions,
    options: &Options,
) -> Result<Migrated, OpenError> {
    let failed = |cause| OpenError::Server {
        url: url.clone(),
        cause,
    };
    let connect = PgConnection::connect_with(server);
    let mut connection = tokio::time::timeout(options.connection_timeout, connect)
        .await
        .map_err(|_| OpenError::Silent {
            url: url.clone(),
            after: options.connection_timeout,
        })?
        .map_err(failed)?;
    let migrated =
        migrate::up(&mut connection, &options.seed)
            .await
            .map_err(|cause| match cause {
                MigrateError::Database(cause) => failed(cause),
                cause => OpenError::Tables {
                    url: url.clone(),
                    cause,
                },
            })?;
    connection.close().await.map_err(failed)?;
    Ok(migrated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_repeating_it() {
        for (url, cause) in [
            ("postgres://me:canary@db:x/sales", BadUrl::Spelling),
            ("postgres://me:canary@localhost", BadUrl::NoDatabase),
            ("postgres://me:canary@db/sales", BadUrl::Clear),
            ("postgres://me:canary@db/sales?sslmode=require", BadUrl::Tls),
            (
                "postgres://me@localhost/sales?pasword=canary",
                BadUrl::Option("pasword".to_owned()),
            ),
            (
                "postgres://me@localhost/sales?can-ary",
                BadUrl::Option("***".to_owned()),
            ),
        ] {
            let error = server(url).expect_err("no sense");
            assert_eq!(error, cause, "{url}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        for url in [
            "postgres://me@localhost/sales",
            "postgres://me@127.0.0.1:1/sales",
            "postgres://me@[::1]:1/sales",
            "postgres://%2Frun%2Fpostgresql/sales",
            "postgres:///sales?host=/run/postgresql&user=me",
            "postgres://me@db/sales?sslmode=disable",
        ] {
            let server = server(url).expect(url);
            assert!(matches!(server.get_ssl_mode(), PgSslMode::Disable), "{url}");
        }
    }
}
