//! One step of a database's tables from version to version.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// One step of a database's tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    /// Its number and what it does.
    pub name: &'static str,
    /// Whether programs that do not know it can still work.
    pub kind: Kind,
    /// What it does.
    pub sql: &'static str,
}

/// Whether programs that do not know a migration can still work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// They can: something was added, and what they write is completed by the database.
    Expand,
    /// They cannot: something they rely on has gone, or must be kept in step by the program.
    Contract,
}

impl Kind {
    /// As it is kept in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Expand => "expand",
            Kind::Contract => "contract",
        }
    }
}

impl Migration {
    /// SHA-256 of its text, in hexadecimal.
    pub(crate) fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql);
        digest.iter().fold(String::new(), |mut text, byte| {
            // Writing into a String cannot fail.
            let _written = write!(text, "{byte:02x}");
            text
        })
    }
}

/// A migration that ran, as the database has noted it.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub name: String,
    pub kind: String,
    pub checksum: String,
}

/// Why a program and a database do not fit.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Mismatch {
    /// A newer version of this program has changed the tables in a way that this one cannot work
    /// with.
    #[error("its tables have version {found}; this program knows versions up to {known}")]
    Newer {
        /// The database's version.
        found: usize,
        /// The latest version known here.
        known: usize,
    },
    /// A migration that ran is not the one of this program.
    #[error(
        "its migration {name} is not the one this program has: the text was changed after it ran"
    )]
    Changed {
        /// The migration.
        name: String,
    },
}

/// From which version to which a database was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version it had; 0 if it is new.
    pub from: usize,
    /// The version it has. A newer program's, if that has only expanded the tables.
    pub to: usize,
}

/// Holds what ran, `found` migrations of which those of `noted` took notes, against what is known
/// here.
pub(crate) fn compare(
    noted: &[Noted],
    found: usize,
    migrations: &[Migration],
) -> Result<(), Mismatch> {
    for (ran, ours) in noted.iter().zip(migrations) {
        if ran.checksum != ours.checksum() {
            return Err(Mismatch::Changed {
                name: ran.name.clone(),
            });
        }
    }
    let known = migrations.len();
    let newer = noted.get(known..).unwrap_or_default();
    let only_expanded = newer.iter().all(|ran| ran.kind == Kind::Expand.name());
    if found > known && !(only_expanded && noted.len() == found) {
        return Err(Mismatch::Newer { found, known });
    }
    Ok(())
}
