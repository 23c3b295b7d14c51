//! How often a thing has changed.

use std::fmt;

use crate::invalid::{Invalid, within};

/// Counts the changes of a product, an order or a user, from 1. Whoever changes one says which
/// version they have seen, so that nobody overwrites what they did not know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// That of a new thing.
    pub const FIRST: Version = Version(1);

    /// The version with this number.
    ///
    /// # Errors
    /// The number is below 1.
    pub fn new(number: i64) -> Result<Version, Invalid> {
        within(number, 1, i64::MAX).map(Version)
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }

    /// The one after this.
    #[must_use]
    pub fn next(self) -> Version {
        Version(self.0.saturating_add(1))
    }

    /// Whether a change based on `expected` may be made; without one every change may.
    ///
    /// # Errors
    /// Another version was expected.
    pub fn check(self, expected: Option<Version>) -> Result<(), Stale> {
        match expected {
            Some(expected) if expected != self => Err(Stale { current: self }),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A change was based on a version that is not the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has been changed since: its version is now {current}")]
pub struct Stale {
    /// The current version.
    pub current: Version,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_refused_only_if_it_names_another_version() {
        let second = Version::FIRST.next();
        assert_eq!(second.check(None), Ok(()));
        assert_eq!(second.check(Some(second)), Ok(()));
        assert_eq!(
            second.check(Some(Version::FIRST)),
            Err(Stale { current: second })
        );
    }
}
