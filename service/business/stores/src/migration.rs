//! One step of a database's tables from version to version.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

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
