//! Where a store is: `sqlite:PATH`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// An SQLite database in this file.
    Sqlite(PathBuf),
}

impl Location {
    /// The database's file.
    pub fn path(&self) -> &Path {
        let Location::Sqlite(path) = self;
        path
    }
}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Location, BadLocation> {
        match text.split_once(':') {
            Some(("sqlite", path)) => sqlite(path),
            Some(("postgres" | "postgresql", rest)) => Err(BadLocation::NoPostgres {
                server: server(rest),
            }),
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

/// The server and database of a URL, without user, password and options.
fn server(rest: &str) -> String {
    let rest = rest.trim_start_matches('/');
    let rest = rest.rsplit_once('@').map_or(rest, |(_, after)| after);
    rest.split('?').next().unwrap_or_default().to_owned()
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.path().display())
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
    fn postgres_names_the_feature_and_keeps_the_secrets() {
        for (text, server) in [
            (
                "postgres://me:canary@db.example:5432/sales?password=canary",
                "db.example:5432/sales",
            ),
            ("postgresql://me:can@ary@host/sales", "host/sales"),
            ("postgres:host", "host"),
        ] {
            let error = text
                .parse::<Location>()
                .expect_err("this build lacks the feature")
                .to_string();
            let expected = format!(
                "postgres://***@{server} needs the cargo feature `postgres`, which this build lacks; use sqlite:PATH"
            );
            assert_eq!(error, expected);
        }
    }
}
