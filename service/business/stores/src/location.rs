//! Where a store is: `sqlite:PATH` or `postgres://…`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// An SQLite database in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresUrl),
}

impl Location {
    /// The database's file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Location::Sqlite(path) => Some(path),
            #[cfg(feature = "postgres")]
            Location::Postgres(_) => None,
        }
    }
}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Location, BadLocation> {
        match text.split_once(':') {
            Some(("sqlite", path)) => sqlite(path),
            Some(("postgres" | "postgresql", rest)) => postgres(text, rest),
            _ => Err(BadLocation::Unknown),
        }
    }
}

fn sqlite(path: &str) -> Result<Location, BadLocation> {
    // `sqlite:///a` and `sqlite://a` are habits from other programs, and mean the same here as
    // `sqlite:/a` and `sqlite:a`.
    let path = path.strip_prefix("//").unwrap_or(path);
    match path {
        "" => Err(BadLocation::NoPath),
        // Its readers would each see an empty database of their own.
        ":memory:" => Err(BadLocation::InMemory),
        _ if path.contains('?') => Err(BadLocation::Options),
        _ => Ok(Location::Sqlite(path.into())),
    }
}

#[cfg(feature = "postgres")]
fn postgres(text: &str, rest: &str) -> Result<Location, BadLocation> {
    if !rest.starts_with("//") {
        return Err(BadLocation::Unknown);
    }
    Ok(Location::Postgres(PostgresUrl(text.to_owned())))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_text: &str, rest: &str) -> Result<Location, BadLocation> {
    Err(BadLocation::NoPostgres {
        server: server(rest),
    })
}

/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Shown without user, password and options.
#[cfg(feature = "postgres")]
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

#[cfg(feature = "postgres")]
impl PostgresUrl {
    /// All of it, secrets included.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

#[cfg(feature = "postgres")]
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0.split_once(':').map_or("", |(_, rest)| rest);
        write!(f, "postgres://***@{}", server(rest))
    }
}

#[cfg(feature = "postgres")]
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The server and database of a URL, without user, password and options. What could be a part of a
/// badly written password is left out too.
fn server(rest: &str) -> String {
    let rest = rest.trim_start_matches('/');
    let (secret, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    let shown = rest.split('?').next().unwrap_or_default();
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-._%:[]/".contains(c);
    let authority = shown.split('/').next().unwrap_or_default();
    // An IPv6 address has colons of its own, inside brackets.
    let port = authority.rsplit(']').next().unwrap_or_default();
    let port = port.split_once(':').map_or("", |(_, port)| port);
    if secret.contains('?')
        || !shown.chars().all(harmless)
        || !port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return "***".to_owned();
    }
    shown.to_owned()
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            #[cfg(feature = "postgres")]
            Location::Postgres(url) => url.fmt(f),
        }
    }
}

/// Why a text is not a store's location. No message repeats the text, which may hold a password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadLocation {
    /// PostgreSQL, which this build cannot speak to.
    #[error(
        "postgres://***@{server} needs the cargo feature `postgres`, which this build lacks; use sqlite:PATH"
    )]
    NoPostgres {
        /// Host, port and database.
        server: String,
    },
    /// Neither of the schemes known.
    #[error("must be sqlite:PATH or postgres://…")]
    Unknown,
    /// `sqlite:` alone.
    #[error("sqlite: needs the path of a file, such as sqlite:.cutaway/sales.db")]
    NoPath,
    /// `sqlite::memory:`.
    #[error("sqlite: needs the path of a file; the store cannot live in memory alone")]
    InMemory,
    /// `sqlite:PATH?…`.
    #[error("sqlite: takes a path without `?` options")]
    Options,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_any_spelling() {
        for (text, path) in [
            ("sqlite:a/b.db", "a/b.db"),
            ("sqlite:/a/b.db", "/a/b.db"),
            ("sqlite://a/b.db", "a/b.db"),
            ("sqlite:///a/b.db", "/a/b.db"),
        ] {
            assert_eq!(text.parse(), Ok(Location::Sqlite(path.into())), "{text}");
        }
        let location: Location = "sqlite://x.db".parse().expect("a location");
        assert_eq!(location.to_string(), "sqlite:x.db");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, error) in [
            ("", BadLocation::Unknown),
            ("sales.db", BadLocation::Unknown),
            ("mysql://host/db", BadLocation::Unknown),
            ("sqlite:", BadLocation::NoPath),
            ("sqlite::memory:", BadLocation::InMemory),
            ("sqlite:a.db?mode=ro", BadLocation::Options),
        ] {
            assert_eq!(text.parse::<Location>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_server_is_shown_without_secrets() {
        for (rest, shown) in [
            (
                "//me:canary@db.example:5432/sales?password=canary",
                "db.example:5432/sales",
            ),
            ("//me:can@ary@host/sales", "host/sales"),
            ("//me:can/ary@host/sales", "host/sales"),
            ("//[::1]:5432/sales", "[::1]:5432/sales"),
            ("host", "host"),
            ("//me:canary", "***"),
            ("//me:can?ary@host/sales", "***"),
            ("//host/sales?password=can@ary", "***"),
        ] {
            assert_eq!(server(rest), shown, "{rest}");
        }
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn postgres_names_the_feature_and_keeps_the_secrets() {
        let error = "postgres://me:canary@db/sales".parse::<Location>();
        let expected = "postgres://***@db/sales needs the cargo feature `postgres`, which this build lacks; use sqlite:PATH";
        assert_eq!(error.expect_err("no feature").to_string(), expected);
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn postgres_keeps_the_secrets() {
        let text = "postgres://me:canary@db/sales?sslmode=disable";
        let location: Location = text.parse().expect("a location");
        assert_eq!(location.to_string(), "postgres://***@db/sales");
        assert!(!format!("{location:?}").contains("canary"));
        assert_eq!("postgres:db".parse::<Location>(), Err(BadLocation::Unknown));
    }
}
