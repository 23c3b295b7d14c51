//! Users.

use serde::{Deserialize, Serialize};
use types::{PageLimit, UserId, UserName};
use user::Roles;
use utoipa::{IntoParams, ToSchema};
use web::ApiError;

use super::given::{Given, Object, Param};
use super::{Selectable, given_name, time};
use crate::errors::Faults;

/// Somebody who may do something in the shop.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    id: i64,
    name: String,
    roles: Vec<Role>,
    /// False once they may do nothing any more.
    enabled: bool,
    /// As `2026-01-31T12:00:00.123Z`.
    #[schema(format = DateTime)]
    created_at: String,
    /// How often this has changed.
    version: i64,
}

/// What somebody is to the shop.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Browses, orders, and looks after their own orders.
    Shopper,
    /// Looks after the catalogue and everybody's orders, opens and closes the shop.
    Staff,
    /// Also looks after users.
    Admin,
}

impl Selectable for User {
    const FIELDS: &'static [&'static str] =
        &["id", "name", "roles", "enabled", "created_at", "version"];
}

impl From<user::User> for User {
    fn from(user: user::User) -> User {
        let role = |role| match role {
            user::Role::Shopper => Role::Shopper,
            user::Role::Staff => Role::Staff,
            user::Role::Admin => Role::Admin,
        };
        User {
            id: user.id.get(),
            name: user.name.as_str().to_owned(),
            roles: user.roles.iter().map(role).collect(),
            enabled: user.enabled,
            created_at: time(user.created_at),
            version: user.version.get(),
        }
    }
}

/// A user to be made known.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// What they are called; no two are called the same.
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]+$", example = "Ada")]
    name: Given<String>,
    /// What they may do.
    #[schema(value_type = Vec<Role>, max_items = 3)]
    roles: Given<Vec<Given<String>>>,
}

impl NewUser {
    /// The checked user.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<NewUser>) -> Result<user::NewUser, ApiError> {
        let mut faults = Faults::default();
        let NewUser { name, roles } = given.open("", &mut faults);
        let name = name.required("name", &mut faults, |text| {
            given_name(&text, UserName::MAX_CHARS, UserName::new)
        });
        let roles = roles
            .required("roles", &mut faults, few_enough)
            .map(|roles| checked_roles(roles, &mut faults));
        match (name, roles) {
            (Some(name), Some(roles)) if faults.is_empty() => Ok(user::NewUser { name, roles }),
            _ => Err(faults.in_body()),
        }
    }
}

/// What is to become different of a user (RFC 7396); what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// What they may do from now on.
    #[schema(value_type = Vec<Role>, required = false, max_items = 3)]
    roles: Given<Vec<Given<String>>>,
    /// False to shut them out.
    #[schema(value_type = bool, required = false)]
    enabled: Given<bool>,
}

impl UserPatch {
    /// The checked change.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<UserPatch>) -> Result<user::Change, ApiError> {
        let mut faults = Faults::default();
        let UserPatch { roles, enabled } = given.open("", &mut faults);
        let change = user::Change {
            roles: roles
                .optional("roles", &mut faults, few_enough)
                .map(|roles| checked_roles(roles, &mut faults)),
            enabled: enabled.optional("enabled", &mut faults, Ok::<_, String>),
        };
        if faults.is_empty() {
            Ok(change)
        } else {
            Err(faults.in_body())
        }
    }
}

fn few_enough<T>(roles: Vec<T>) -> Result<Vec<T>, &'static str> {
    if roles.len() > user::Role::ALL.len() {
        Err("must be at most 3 roles")
    } else {
        Ok(roles)
    }
}

fn checked_roles(given: Vec<Given<String>>, faults: &mut Faults) -> Roles {
    let roles: Vec<user::Role> = given
        .into_iter()
        .enumerate()
        .filter_map(|(index, role)| {
            role.required(format_args!("roles[{index}]"), faults, |name| {
                name.parse::<user::Role>()
            })
        })
        .collect();
    Roles::of(&roles)
}

/// Which users are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// The users that follow this one; 0, or nothing, for the first page.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Param<i64>,
    /// How many users at most.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Param<i64>,
    /// Only these fields of each user, with commas between them.
    #[param(value_type = Option<String>, required = false, example = "id,name")]
    pub fields: Param<String>,
}

impl UsersQuery {
    /// What is asked of the business; faults are noted.
    pub fn check(self, faults: &mut Faults) -> (Option<UserId>, PageLimit) {
        let after = super::after(self.after, faults, UserId::new);
        (after, super::limit(self.limit, faults))
    }
}
