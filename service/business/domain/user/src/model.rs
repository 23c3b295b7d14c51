//! A user.

use std::time::SystemTime;

use types::{Stale, UserId, UserName, Version};

use crate::Roles;

/// Somebody who may do something in the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Which user.
    pub id: UserId,
    /// What they are called; no two are called the same.
    pub name: UserName,
    /// What they may do.
    pub roles: Roles,
    /// False once they may do nothing any more.
    pub enabled: bool,
    /// When they became known, to the millisecond.
    pub created_at: SystemTime,
    /// How often this has changed.
    pub version: Version,
}

/// A user to be made known; enabled from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// What they are called.
    pub name: UserName,
    /// What they may do.
    pub roles: Roles,
}

/// What is to become different; the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Other roles.
    pub roles: Option<Roles>,
    /// Let in, or shut out.
    pub enabled: Option<bool>,
}

impl Change {
    /// The user after the change. A change that changes nothing makes no new version.
    ///
    /// # Errors
    /// Another version was expected.
    pub fn apply(self, user: User, expected: Option<Version>) -> Result<User, Stale> {
        user.version.check(expected)?;
        let changed = User {
            roles: self.roles.unwrap_or(user.roles),
            enabled: self.enabled.unwrap_or(user.enabled),
            ..user.clone()
        };
        if changed == user {
            return Ok(user);
        }
        Ok(User {
            version: user.version.next(),
            ..changed
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::Role;

    fn user() -> User {
        User {
            id: UserId::new(1).expect("in range"),
            name: UserName::new("Ada").expect("a name"),
            roles: Roles::of(&[Role::Shopper]),
            enabled: true,
            created_at: UNIX_EPOCH,
            version: Version::FIRST,
        }
    }

    #[test]
    fn only_a_difference_makes_a_new_version() {
        let same = Change {
            enabled: Some(true),
            ..Change::default()
        };
        assert_eq!(same.apply(user(), None), Ok(user()));
        let other = Change {
            roles: Some(Roles::of(&[Role::Admin])),
            ..Change::default()
        };
        let changed = other
            .apply(user(), Some(Version::FIRST))
            .expect("as expected");
        assert_eq!(changed.version, Version::FIRST.next());
        assert!(changed.roles.has(Role::Admin) && !changed.roles.has(Role::Shopper));
        assert!(other.apply(changed, Some(Version::FIRST)).is_err());
    }
}
