//! The roles.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What somebody is to the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Browses, orders, and looks after their own orders.
    Shopper,
    /// Looks after the catalogue and everybody's orders, opens and closes the shop.
    Staff,
    /// Also looks after users.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 3] = [Role::Shopper, Role::Staff, Role::Admin];

    /// The role's name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Shopper => "shopper",
            Role::Staff => "staff",
            Role::Admin => "admin",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Role, UnknownRole> {
        let role = Role::ALL.into_iter().find(|role| role.name() == name);
        role.ok_or(UnknownRole)
    }
}

/// A text is not the name of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one of shopper, staff, admin")]
pub struct UnknownRole;

/// A set of roles.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Roles(u8);

impl Roles {
    /// The set of these.
    pub fn of(roles: &[Role]) -> Roles {
        Roles(roles.iter().fold(0, |bits, role| bits | role.bit()))
    }

    /// Whether the role is among them.
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Those that are in both sets.
    #[must_use]
    pub fn both(self, other: Roles) -> Roles {
        Roles(self.0 & other.0)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

/// The names with commas between them, as stores keep them.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, role) in self.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{role}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromStr for Roles {
    type Err = UnknownRole;

    fn from_str(names: &str) -> Result<Roles, UnknownRole> {
        let names = names.split(',').filter(|name| !name.is_empty());
        let roles: Vec<Role> = names.map(str::parse).collect::<Result<_, _>>()?;
        Ok(Roles::of(&roles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_survives_its_text() {
        for text in ["", "shopper", "staff,admin", "shopper,staff,admin"] {
            let roles: Roles = text.parse().expect("known roles");
            assert_eq!(roles.to_string(), text);
        }
        let both = Roles::of(&[Role::Shopper, Role::Staff]).both(Roles::of(&[Role::Staff]));
        assert_eq!(both, Roles::of(&[Role::Staff]));
        assert_eq!("shopper,king".parse::<Roles>(), Err(UnknownRole));
    }
}
